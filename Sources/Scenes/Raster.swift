// GDAL's rasters: opening, what is said of them, and pixels in windows. The only file with GDAL's
// raster API; buffers that GDAL fills are the caller's and as large as each method says.

import Basics
import CGDAL
import Foundation
import Imagery
import Maps

/// A box of pixels in a raster.
package struct PixelWindow: Hashable, Sendable, Codable {
  package var column: Int
  package var row: Int
  package var width: Int
  package var height: Int

  package init(column: Int, row: Int, width: Int, height: Int) {
    self.column = column
    self.row = row
    self.width = width
    self.height = height
  }

  package var count: Int { width * height }
}

/// An open raster. One thread at a time.
final class Raster {
  let path: String
  let width: Int
  let height: Int
  let pixelType: PixelType
  let bandNames: [String]
  /// "red", "green" or "blue" by the file's colour interpretation.
  let bandColors: [String?]
  /// Units of the values; nil where the file does not say.
  let bandUnits: [String?]
  /// Numbers of the image bands: all but alpha.
  private let bandNumbers: [Int32]
  /// Nodata value of each image band.
  private let nodata: [Double?]
  /// Bands that say by 0 that a pixel is invalid: alpha and masks, each once.
  private let maskBands: [GDALRasterBandH]
  private let dataset: GDALDatasetH

  /// Where the pixels lie.
  /// - Throws: `SceneError` when the raster does not lie on a map, north up.
  func grid() throws -> RasterGrid {
    guard let transform else {
      throw SceneError.noGeoreferencing(scene: path, what: "place on the map")
    }
    guard transform[2] == 0, transform[4] == 0 else { throw SceneError.rotated(scene: path) }
    let grid = RasterGrid(
      width: width, height: height,
      transform: AffineTransform(
        originX: transform[0], columnX: transform[1], rowX: 0, originY: transform[3], columnY: 0,
        rowY: transform[5]))
    guard grid.transform.isNorthUp else { throw SceneError.flipped(scene: path) }
    guard grid.footprint.isProper else {
      throw SceneError.noGeoreferencing(scene: path, what: "finite place on the map")
    }
    return grid
  }

  /// - Throws: `SceneError` for what GDAL cannot open and for pixel types that chips do not have.
  init(_ path: String) throws {
    self.path = path
    CPLErrorReset()
    guard
      let dataset = GDALOpenEx(
        path, UInt32(GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR), nil, nil, nil)
    else { throw SceneError.unreadable(scene: path, reason: Self.lastError(about: path)) }
    var isTaken = false
    defer { if !isTaken { GDALClose(dataset) } }
    let all = (0..<GDALGetRasterCount(dataset)).map { $0 + 1 }
    let numbers = all.filter { Self.interpretation(dataset, $0) != GCI_AlphaBand }
    guard !numbers.isEmpty else { throw SceneError.notARaster(scene: path) }
    pixelType = try Self.commonType(dataset, numbers, path: path)
    bandNames = numbers.map { Self.name(dataset, $0) }
    bandColors = numbers.map { Self.color(dataset, $0) }
    bandUnits = numbers.map { Self.unit(dataset, $0) }
    nodata = numbers.map { Self.nodataValue(dataset, $0) }
    let alpha = all.filter { !numbers.contains($0) }.compactMap { GDALGetRasterBand(dataset, $0) }
    maskBands = alpha + Self.masks(dataset, numbers)
    width = Int(GDALGetRasterXSize(dataset))
    height = Int(GDALGetRasterYSize(dataset))
    bandNumbers = numbers
    self.dataset = dataset
    isTaken = true
  }

  deinit { GDALClose(dataset) }

  var bandCount: Int { bandNumbers.count }

  /// GDAL's six numbers; nil without georeferencing.
  var transform: [Double]? {
    var numbers = [Double](repeating: 0, count: 6)
    return GDALGetGeoTransform(dataset, &numbers) == CE_None ? numbers : nil
  }

  var spatialReference: SpatialReference? {
    SpatialReference(copying: GDALGetSpatialRef(dataset))
  }

  /// Bytes of the files that the raster consists of.
  var fileBytes: Int {
    guard let list = GDALGetFileList(dataset) else { return 0 }
    defer { CSLDestroy(list) }
    return (0..<Int(CSLCount(list))).reduce(0) { sum, index in
      var status = stat()
      guard let name = list[index], stat(name, &status) == 0 else { return sum }
      return sum + Int(status.st_size)
    }
  }

  /// Reads the image bands.
  /// - Parameter pixels: (bands, height, width) of the window, in `pixelType`.
  func readPixels(_ window: PixelWindow, into pixels: UnsafeMutableRawBufferPointer) throws {
    precondition(pixels.count == window.count * bandCount * pixelType.byteCount)
    CPLErrorReset()
    var numbers = bandNumbers
    let code = GDALDatasetRasterIO(
      dataset, GF_Read, Int32(window.column), Int32(window.row), Int32(window.width),
      Int32(window.height), pixels.baseAddress, Int32(window.width), Int32(window.height),
      pixelType.gdalType, Int32(bandCount), &numbers, 0, 0, 0)
    guard code == CE_None else { throw readingFailed(window) }
  }

  /// Finds the pixels that are valid in every band: not nodata, not masked, not transparent, not
  /// NaN or infinite.
  /// - Parameters:
  ///   - pixels: as `readPixels` left them.
  ///   - validity: (height, width) of the window; 1 valid, 0 not.
  func readValidity(
    _ window: PixelWindow, of pixels: UnsafeRawBufferPointer,
    into validity: UnsafeMutableBufferPointer<UInt8>
  ) throws {
    precondition(validity.count == window.count)
    validity.update(repeating: 1)
    let bandBytes = window.count * pixelType.byteCount
    for band in 0..<bandCount {
      let values = UnsafeRawBufferPointer(
        rebasing: pixels[band * bandBytes..<(band + 1) * bandBytes])
      pixelType.clearInvalid(values, nodata: nodata[band], in: validity)
    }
    if maskBands.isEmpty { return }
    var mask = [UInt8](repeating: 0, count: window.count)
    for band in maskBands {
      CPLErrorReset()
      let code = GDALRasterIO(
        band, GF_Read, Int32(window.column), Int32(window.row), Int32(window.width),
        Int32(window.height), &mask, Int32(window.width), Int32(window.height), GDT_Byte, 0, 0)
      guard code == CE_None else { throw readingFailed(window) }
      for index in mask.indices where mask[index] == 0 { validity[index] = 0 }
    }
  }

  private func readingFailed(_ window: PixelWindow) -> SceneError {
    .unreadable(
      scene: path,
      reason: "rows \(window.row) to \(window.row + window.height - 1): "
        + Self.lastError(about: path))
  }
}

extension Raster {
  /// GDAL's last words, without the path that the caller says anyway.
  private static func lastError(about path: String) -> String {
    let text = CPLGetLastErrorMsg().map { String(cString: $0) } ?? ""
    if text.isEmpty { return "GDAL does not say why; is the file whole?" }
    return text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
  }

  private static func interpretation(_ dataset: GDALDatasetH, _ number: Int32)
    -> GDALColorInterp
  {
    GDALGetRasterColorInterpretation(GDALGetRasterBand(dataset, number))
  }

  /// The band's description, or "band 3".
  private static func name(_ dataset: GDALDatasetH, _ number: Int32) -> String {
    let text = GDALGetDescription(GDALGetRasterBand(dataset, number)).map { String(cString: $0) }
    return text.flatMap { $0.isEmpty ? nil : $0 } ?? "band \(number)"
  }

  private static func color(_ dataset: GDALDatasetH, _ number: Int32) -> String? {
    switch interpretation(dataset, number) {
    case GCI_RedBand: "red"
    case GCI_GreenBand: "green"
    case GCI_BlueBand: "blue"
    default: nil
    }
  }

  private static func unit(_ dataset: GDALDatasetH, _ number: Int32) -> String? {
    let text = GDALGetRasterUnitType(GDALGetRasterBand(dataset, number)).map { String(cString: $0) }
    return text.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func nodataValue(_ dataset: GDALDatasetH, _ number: Int32) -> Double? {
    var isSet: Int32 = 0
    let value = GDALGetRasterNoDataValue(GDALGetRasterBand(dataset, number), &isSet)
    return isSet != 0 ? value : nil
  }

  private static func commonType(_ dataset: GDALDatasetH, _ numbers: [Int32], path: String) throws
    -> PixelType
  {
    var names: [String] = []
    var types: [GDALDataType] = []
    for number in numbers {
      let type = GDALGetRasterDataType(GDALGetRasterBand(dataset, number))
      if types.contains(type) { continue }
      types.append(type)
      names.append(GDALGetDataTypeName(type).map { String(cString: $0) } ?? "unknown")
    }
    if types.count > 1 {
      throw SceneError.mixedPixelTypes(scene: path, types: names.joined(separator: ", "))
    }
    guard let type = PixelType.allCases.first(where: { $0.gdalType == types[0] }) else {
      throw SceneError.unsupportedPixelType(scene: path, found: names[0])
    }
    return type
  }

  /// Mask bands beyond what nodata values and alpha say.
  private static func masks(_ dataset: GDALDatasetH, _ numbers: [Int32]) -> [GDALRasterBandH] {
    var masks: [GDALRasterBandH] = []
    for number in numbers {
      let band = GDALGetRasterBand(dataset, number)
      let flags = GDALGetMaskFlags(band)
      if flags & (GMF_ALL_VALID | GMF_ALPHA) != 0 || flags == GMF_NODATA { continue }
      if let mask = GDALGetMaskBand(band) { masks.append(mask) }
      if flags & GMF_PER_DATASET != 0 { break }
    }
    return masks
  }
}

extension PixelType {
  fileprivate var gdalType: GDALDataType {
    switch self {
    case .uint8: GDT_Byte
    case .uint16: GDT_UInt16
    case .int16: GDT_Int16
    case .float32: GDT_Float32
    }
  }
}
