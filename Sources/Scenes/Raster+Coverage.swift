// Where a raster holds no pixels of its own: tiles that nobody wrote, and places that no source of
// a virtual raster reaches. GDAL tells it of GeoTIFFs and of virtual rasters, without reading any.

import CGDAL

extension Raster {
  /// Files that a virtual raster may consist of so that its holes are measured: GDAL cuts the
  /// sources out of the raster one after the other.
  private static let mostMeasuredFiles = 256

  /// Whether the raster is made of others by a text.
  var isVirtual: Bool { driverName == "VRT" }

  private var driverName: String {
    GDALGetDriverShortName(GDALGetDatasetDriver(dataset)).map { String(cString: $0) } ?? ""
  }

  /// The share of the pixels that are in no tile and of no source, which read as 0 or as nodata; 0
  /// where that is not known.
  var unwrittenShare: Double {
    let isMeasured =
      driverName == "GTiff" || isVirtual && origin == nil && fileCount <= Self.mostMeasuredFiles
    guard isMeasured, !RasterLibrary.isRemote(path), let band = GDALGetRasterBand(dataset, 1)
    else { return 0 }
    var written = 100.0
    let status = GDALGetDataCoverageStatus(
      band, 0, 0, Int32(width), Int32(height), 0, &written)
    let isKnown = status & GDAL_DATA_COVERAGE_STATUS_UNIMPLEMENTED == 0
    return isKnown ? min(max(1 - written / 100, 0), 1) : 0
  }

  /// Whether bands are known to hold nothing of their own in a window, so that all pixels of it
  /// read alike.
  func isEmpty(_ numbers: [Int], _ place: UprightWindow) -> Bool {
    numbers.allSatisfy { number in
      guard let band = GDALGetRasterBand(dataset, Int32(number)) else { return false }
      return isEmpty(band: band, place)
    }
  }

  /// The same of one band, or of a mask.
  func isEmpty(band: GDALRasterBandH, _ place: UprightWindow) -> Bool {
    if RasterLibrary.isRemote(path) { return false }
    let source = place.orientation.source(of: place.window, in: place.grid)
    return GDALGetDataCoverageStatus(
      band, Int32(source.column), Int32(source.row), Int32(source.width), Int32(source.height),
      GDAL_DATA_COVERAGE_STATUS_DATA, nil) == GDAL_DATA_COVERAGE_STATUS_EMPTY
  }

  private var fileCount: Int {
    guard let list = GDALGetFileList(dataset) else { return 0 }
    defer { CSLDestroy(list) }
    return Int(CSLCount(list))
  }
}
