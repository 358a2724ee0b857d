// GDAL's rasters: opening, and what is said of them. Pixels in windows are in Raster+Reading.swift,
// rasters made of others in Raster+Deriving.swift.

import Basics
import CGDAL
import Glibc
import Maps

/// An open raster, of a file or derived from another one. One thread at a time.
final class Raster {
  /// As GDAL opened it, or that of the raster from which it is derived.
  let path: String
  let width: Int
  let height: Int
  /// All bands, alpha too.
  let bands: [RasterBand]
  let dataset: GDALDatasetH
  /// What this one reads from, which must stay open longer.
  let origin: Raster?
  /// Whether GDAL would mix up its bands on several threads.
  let needsOneThread: Bool

  /// - Throws: `SceneError` for what GDAL cannot open.
  convenience init(_ path: String) throws {
    try VirtualFiles.refusePipe(path)
    var opened = try Self.open(path)
    if RasterLibrary.needsOneThread(opened) {
      GDALClose(opened)
      opened = try RasterLibrary.onOneThread { try Self.open(path) }
    }
    try self.init(taking: opened, path: path, origin: nil)
  }

  private static func open(_ path: String) throws -> GDALDatasetH {
    let messages = RasterMessages()
    let opened = messages.collect {
      RasterLibrary.opening(path) {
        GDALOpenEx(
          path, UInt32(GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR), nil, nil, nil)
      }
    }
    if let opened { return opened }
    // What is no UTF-8 has become this character on its way here.
    if path.contains("\u{FFFD}") { throw SceneError.nameIsNotUTF8(scene: path) }
    throw SceneError.unreadable(scene: path, reason: messages.reason(about: path))
  }

  /// Takes over an open dataset, and closes it in the end.
  /// - Parameter origin: the raster from which the dataset reads.
  init(taking dataset: GDALDatasetH, path: String, origin: Raster?) throws {
    self.path = path
    self.origin = origin
    self.dataset = dataset
    needsOneThread = origin?.needsOneThread ?? RasterLibrary.needsOneThread(dataset)
    width = Int(GDALGetRasterXSize(dataset))
    height = Int(GDALGetRasterYSize(dataset))
    let count = GDALGetRasterCount(dataset)
    bands = (0..<max(0, count)).compactMap { index in
      GDALGetRasterBand(dataset, index + 1).map { RasterBand($0, number: Int(index) + 1) }
    }
    if imageBands.isEmpty { throw SceneError.notARaster(scene: path) }
  }

  // The dataset goes before the one that it reads from, which `origin` holds until after this.
  deinit { GDALClose(dataset) }

  /// All bands but alpha; all where there is nothing else.
  var imageBands: [RasterBand] {
    let image = bands.filter { !$0.isAlpha }
    return image.isEmpty ? bands : image
  }

  var bandNames: [String] { imageBands.map(\.name) }
  /// "red", "green" or "blue" by the file's colour interpretation.
  var bandColors: [String?] { imageBands.map(\.color) }
  /// Units of the values; nil where the file does not say.
  var bandUnits: [String?] { imageBands.map(\.unit) }

  /// From columns and rows to the map; nil where the file does not say.
  var transform: AffineTransform? {
    var n = [Double](repeating: 0, count: 6)
    guard GDALGetGeoTransform(dataset, &n) == CE_None else { return nil }
    return AffineTransform(
      originX: n[0], columnX: n[1], rowX: n[2], originY: n[3], columnY: n[4], rowY: n[5])
  }

  var spatialReference: SpatialReference? {
    SpatialReference(copying: GDALGetSpatialRef(dataset))
  }

  var hasControlPoints: Bool { GDALGetGCPCount(dataset) > 0 }

  /// Of satellites' pushbroom cameras: coefficients in the metadata domain RPC.
  var hasRationalFunctions: Bool { GDALGetMetadata(dataset, "RPC") != nil }

  /// Bytes that GDAL holds while rows are read from the top downwards, so that no block is decoded
  /// twice: those of two rows of blocks. Nil where rows are made of another raster's.
  var blockRowsBytes: Int? {
    if origin != nil { return nil }
    return bands.reduce(0) { sum, band in
      guard let handle = GDALGetRasterBand(dataset, Int32(band.number)) else { return sum }
      var (blockWidth, blockHeight): (Int32, Int32) = (0, 0)
      GDALGetBlockSize(handle, &blockWidth, &blockHeight)
      let valueBytes = Int(GDALGetDataTypeSizeBytes(GDALGetRasterDataType(handle)))
      let row = (width + Int(blockWidth)).multipliedReportingOverflow(
        by: 2 * max(1, Int(blockHeight)) * max(1, valueBytes))
      return row.overflow ? Int(Int32.max) : sum + min(row.partialValue, Int(Int32.max))
    }
  }

  /// Bytes of the files that the raster consists of, on a disk or on a network.
  var fileBytes: Int {
    guard let list = GDALGetFileList(dataset) else { return 0 }
    defer { CSLDestroy(list) }
    return (0..<Int(CSLCount(list))).reduce(0) { sum, index in
      // GDAL's stat64, which on 64 bits is stat.
      var status = stat()
      let isThere = withUnsafeMutablePointer(to: &status) { status in
        list[index].map { VSIStatL($0, OpaquePointer(status)) == 0 } ?? false
      }
      if !isThere { return sum }
      return sum + Int(status.st_size)
    }
  }
}
