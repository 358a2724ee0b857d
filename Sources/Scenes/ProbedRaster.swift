// What a raster says of itself, learnt by opening it once; no pixels. For finding scenes: which
// files belong together, what bands are called, when they were taken.

import Basics
import CGDAL
import Foundation
import Imagery

/// A raster as GDAL describes it.
struct ProbedRaster {
  struct Band {
    var number: Int
    /// Nil where the file gives none.
    var name: String?
    /// "red", "green" or "blue".
    var color: String?
    var isAlpha: Bool
    var isInteger: Bool
    var unit: String?
    var scale: Double?
    var offset: Double?
    /// In micrometres.
    var wavelength: Double?
  }

  var path: String
  var width: Int
  var height: Int
  /// GDAL's six numbers; nil without georeference.
  var transform: [Double]?
  /// Whether control points or a camera model say where it lies.
  var hasOtherPlace: Bool
  /// The coordinate system's text; nil without one.
  var reference: String?
  var bands: [Band]
  var acquired: AcquisitionTime?
  /// What stands in the place of that date and is none.
  var unusableDate: String?
  /// A date that says when the file was made, and often when the image was taken.
  var fileDate: AcquisitionTime?

  /// All bands but alpha.
  var imageBands: [Band] { bands.filter { !$0.isAlpha } }

  /// Whether anything says where the raster lies.
  var hasPlace: Bool { transform != nil || hasOtherPlace }

  /// - Throws: `SceneError` for what GDAL cannot open and what has no bands.
  init(_ path: String) throws {
    try VirtualRasters.refusePipes(in: path)
    let messages = RasterMessages()
    let opened = messages.collect {
      GDALOpenEx(
        path, UInt32(GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR), nil, nil, nil)
    }
    guard let dataset = opened else {
      throw SceneError.unreadable(scene: path, reason: messages.reason(about: path))
    }
    defer { GDALClose(dataset) }
    guard GDALGetRasterCount(dataset) > 0 else { throw SceneError.notARaster(scene: path) }
    self.path = path
    width = Int(GDALGetRasterXSize(dataset))
    height = Int(GDALGetRasterYSize(dataset))
    var numbers = [Double](repeating: 0, count: 6)
    transform = GDALGetGeoTransform(dataset, &numbers) == CE_None ? numbers : nil
    hasOtherPlace =
      GDALGetGCPCount(dataset) > 0 || !Self.metadata(dataset, domain: "RPC").isEmpty
      || !Self.metadata(dataset, domain: "GEOLOCATION").isEmpty
    reference = GDALGetProjectionRef(dataset).map { String(cString: $0) }
      .flatMap { $0.isEmpty ? nil : $0 }
    bands = (1...GDALGetRasterCount(dataset)).compactMap { number in
      GDALGetRasterBand(dataset, number).map { Self.band($0, number: Int(number)) }
    }
    let own = Self.metadata(dataset, domain: nil)
    let said = AcquisitionDates.inMetadata(
      own.merging(Self.metadata(dataset, domain: "IMAGERY")) { own, _ in own })
    acquired = said.time
    unusableDate = said.unusable
    fileDate = own["TIFFTAG_DATETIME"].flatMap(AcquisitionDates.time)
  }

  private static func band(_ handle: GDALRasterBandH, number: Int) -> Band {
    let metadata = metadata(handle, domain: nil)
    let description = GDALGetDescription(handle).map { String(cString: $0) } ?? ""
    let name = metadata["BANDNAME"] ?? description
    let unit = GDALGetRasterUnitType(handle).map { String(cString: $0) } ?? ""
    let interpretation = GDALGetRasterColorInterpretation(handle)
    let color: String? =
      switch interpretation {
      case GCI_RedBand: "red"
      case GCI_GreenBand: "green"
      case GCI_BlueBand: "blue"
      default: nil
      }
    var hasScale: Int32 = 0
    let scale = GDALGetRasterScale(handle, &hasScale)
    var hasOffset: Int32 = 0
    let offset = GDALGetRasterOffset(handle, &hasOffset)
    let type = GDALGetRasterDataType(handle)
    return Band(
      number: number, name: name.isEmpty ? nil : name, color: color,
      isAlpha: interpretation == GCI_AlphaBand,
      isInteger: ![GDT_Float32, GDT_Float64].contains(type) && GDALDataTypeIsComplex(type) == 0,
      unit: unit.isEmpty ? nil : unit, scale: hasScale != 0 ? scale : nil,
      offset: hasOffset != 0 ? offset : nil, wavelength: wavelength(metadata))
  }

  /// ENVI's and Sentinel-2's words for it; numbers without a unit are not guessed.
  private static func wavelength(_ metadata: [String: String]) -> Double? {
    let lower = Dictionary(
      metadata.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
    guard let text = lower["wavelength"], let value = Double(text), value > 0, value.isFinite
    else { return nil }
    switch (lower["wavelength_units"] ?? lower["wavelength_unit"] ?? "").lowercased() {
    case "nanometers", "nanometres", "nm": return value / 1000
    case "micrometers", "micrometres", "um", "µm": return value
    default: return nil
    }
  }

  private static func metadata(_ object: GDALMajorObjectH, domain: String?) -> [String: String] {
    guard let list = GDALGetMetadata(object, domain) else { return [:] }
    var result: [String: String] = [:]
    for index in 0..<Int(CSLCount(list)) {
      guard let item = list[index] else { continue }
      let parts = String(cString: item).split(separator: "=", maxSplits: 1)
      if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
    }
    return result
  }

  /// The recipe of one band. What a band has no name for is named by its number.
  func source(_ band: Band, name: String? = nil) -> BandSource {
    BandSource(
      raster: path, number: band.number, name: name ?? band.name ?? "band \(band.number)",
      color: band.color, unit: band.unit, wavelength: band.wavelength, scale: band.scale,
      offset: band.offset)
  }
}

extension ProbedRaster {
  /// Left, top, right and lower edge on the map; nil for what has no place on it.
  var extent: [Double]? {
    guard let t = transform else { return nil }
    let w = Double(width)
    let h = Double(height)
    let x = [t[0], t[0] + t[1] * w, t[0] + t[2] * h, t[0] + t[1] * w + t[2] * h]
    let y = [t[3], t[3] + t[4] * w, t[3] + t[5] * h, t[3] + t[4] * w + t[5] * h]
    guard let left = x.min(), let top = y.max(), let right = x.max(), let bottom = y.min() else {
      return nil
    }
    return [left, top, right, bottom]
  }

  /// The longer edge of a pixel on the map.
  var pixelEdge: Double {
    guard let t = transform else { return 0 }
    return max(abs(t[1]), abs(t[2]), abs(t[4]), abs(t[5]))
  }

  /// Whether both show one place: edges agree within a pixel of the coarser one.
  func isOnPlace(of other: ProbedRaster) -> Bool {
    guard let a = extent, let b = other.extent, reference == other.reference else { return false }
    let tolerance = max(pixelEdge, other.pixelEdge) * 1.001
    return zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
  }
}
