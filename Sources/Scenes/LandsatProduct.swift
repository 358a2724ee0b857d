// Landsat products of collections 1 and 2, levels 1 and 2: the MTL file and the TIFF files beside
// it, one a band. Bands and quality layers come from the files' names, their meaning from the MTL.

import Basics
import Foundation
import Imagery

struct LandsatProduct {
  private let path: String
  private let source: String
  private let metadata: ProductODL

  /// The ending of the metadata file's name.
  static let ending = "_MTL.txt"

  /// - Parameter source: what the user gave: the folder, the metadata file or the archive.
  /// - Throws: `SceneError`, `InputError` for metadata that cannot be read.
  init(metadata path: String, source: String) throws {
    self.path = path
    self.source = source
    metadata = try ProductODL(VirtualFiles.text(of: path), path: path)
  }

  /// What the product's files begin with.
  private var product: String { String(Files.name(of: path).dropLast(Self.ending.count)) }

  /// - Throws: `InputError` for a product without bands and for numbers that are none.
  func scene(remarks: inout Remarks) throws -> FoundScene {
    let folder = Files.parent(of: path)
    let product = product
    let sensor = SensorBands.landsat(
      spacecraft: metadata.value("SPACECRAFT_ID") ?? "",
      sensor: metadata.value("SENSOR_ID") ?? "")
    var bands: [BandSource] = []
    var aliases: [[String]] = []
    var layers: [NamedLayer] = []
    var others: [String] = []
    for name in try VirtualFiles.list(folder).sorted(by: Self.isBefore) {
      guard name.hasPrefix(product + "_"), Self.endings.contains(VirtualFiles.fileExtension(name))
      else { continue }
      let layer = String(VirtualFiles.stem(name).dropFirst(product.count + 1))
      let file = folder == "." ? name : folder + "/" + name
      if let values = try meaning(of: layer) {
        let known = SensorBands.band(layer, of: sensor)
        bands.append(
          BandSource(
            raster: file, number: 1, name: layer,
            color: known?.color, unit: values.unit, wavelength: known?.wavelength,
            scale: values.scale, offset: values.offset, nodata: 0))
        let plain = layer.split(separator: "_").first { $0.first == "B" }.map(String.init)
        aliases.append([known?.commonName, plain].compactMap { $0 })
      } else if QualityNames.contains(layer) {
        layers.append(NamedLayer(name: layer, raster: file, number: 1))
      } else {
        others.append(layer)
      }
    }
    guard !bands.isEmpty else {
      throw InputError.noBands(
        scene: source,
        what: "holds no bands: no file beside \(Files.name(of: path)) is named \(product)_B1.TIF, "
          + "\(product)_SR_B1.TIF or alike.")
    }
    if !others.isEmpty {
      remarks.add(
        "\(InputError.list(others)) of \(product.visible) \(others.count == 1 ? "is" : "are") left "
          + "out: no band of the sensor", scene: product)
    }
    let recipe = SceneRecipe(name: product, source: source, bands: bands, acquired: acquired)
    let day = AcquisitionDates.Said(metadata.value("DATE_ACQUIRED"))
    return FoundScene(
      recipe, aliases: aliases, layers: layers, unusableDate: day.unusable)
  }

  private static let endings: Set<String> = ["tif", "tiff", "jp2", "img"]

  /// B2 before B10, and reflectance before temperature.
  static func isBefore(_ a: String, _ b: String) -> Bool {
    a.compare(b, options: [.numeric, .caseInsensitive]) == .orderedAscending
  }

  private var acquired: AcquisitionTime? {
    guard let day = metadata.value("DATE_ACQUIRED") else { return nil }
    let time = metadata.value("SCENE_CENTER_TIME").map { "\(day)T\($0)" }
    return time.flatMap(AcquisitionDates.time) ?? AcquisitionDates.time(day)
  }

  /// What the values of a layer mean; nil for what is no band. Reflectance at level 1 is that at
  /// the top of the atmosphere, not corrected for the sun's elevation.
  private func meaning(
    of layer: String
  ) throws -> (scale: Double?, offset: Double?, unit: String?)? {
    let parts = layer.split(separator: "_").map(String.init)
    guard let first = parts.firstIndex(where: Self.isBandNumber),
      parts[..<first].allSatisfy({ $0 == "SR" || $0 == "ST" }), first <= 1,
      parts.count == first + 1 || parts[first + 1] == "VCID"
    else { return nil }
    let number = parts[first...].joined(separator: "_").dropFirst()
    if parts[0] == "ST" {
      let groups = ["LEVEL2_SURFACE_TEMPERATURE_PARAMETERS"]
      let values = try values("TEMPERATURE", band: "ST_B\(number)", in: groups)
      return (values.scale, values.offset, "K")
    }
    let groups =
      parts[0] == "SR"
      ? ["LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"]
      : ["LEVEL1_RADIOMETRIC_RESCALING", "RADIOMETRIC_RESCALING"]
    let reflectance = try values("REFLECTANCE", band: String(number), in: groups)
    if reflectance.scale != nil { return (reflectance.scale, reflectance.offset, "reflectance") }
    let radiance = try values("RADIANCE", band: String(number), in: groups)
    return (
      radiance.scale, radiance.offset, radiance.scale == nil ? nil : "W/(m2 sr um)"
    )
  }

  /// "B1", "B10".
  private static func isBandNumber(_ part: String) -> Bool {
    part.first == "B" && (2...3).contains(part.count) && Int(part.dropFirst()) != nil
  }

  private func values(
    _ quantity: String, band: String, in groups: [String]
  ) throws -> (scale: Double?, offset: Double?) {
    func number(_ key: String) throws -> Double? {
      guard let text = metadata.value(key, in: groups) else { return nil }
      guard let value = Double(text), value.isFinite else {
        throw InputError.damagedMetadata(path: path, what: "\(key) is \(text.visible), no number.")
      }
      return value
    }
    let scale = try number("\(quantity)_MULT_BAND_\(band)")
    let offset = try number("\(quantity)_ADD_BAND_\(band)")
    if (scale == nil) != (offset == nil) {
      throw InputError.damagedMetadata(
        path: path,
        what: "of \(quantity)_MULT_BAND_\(band) and \(quantity)_ADD_BAND_\(band) it has only one.")
    }
    return (scale, offset)
  }
}
