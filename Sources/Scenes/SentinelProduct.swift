// Sentinel-2 products of levels 1C and 2A: the metadata file in a SAFE folder (or an archive of
// one) and the JPEG 2000 files beside it. Bands come from the files' names, their meaning from the
// metadata.

import Basics
import Imagery

struct SentinelProduct {
  /// The metadata file.
  private let path: String
  /// Its folder.
  private let folder: String
  /// What the user gave.
  private let source: String
  private let metadata: ProductXML

  /// Whether a name is that of a product's metadata file.
  static func isMetadata(_ name: String) -> Bool {
    let isNew = name == "MTD_MSIL1C.xml" || name == "MTD_MSIL2A.xml"
    let isOld =
      name.hasPrefix("S2") && name.contains("_MTD_SAFL") && name.hasSuffix(".xml")
    return isNew || isOld
  }

  /// - Parameter source: what the user gave: the folder, the metadata file or the archive.
  /// - Throws: `SceneError`, `InputError` for metadata that cannot be read.
  init(metadata path: String, source: String) throws {
    self.path = path
    self.source = source
    folder = Files.parent(of: path)
    metadata = try ProductXML(VirtualFiles.text(of: path), path: path)
  }

  /// A scene for each granule; one for products since 2016.
  /// - Parameter trustsOffset: whether the user says the offset, so that metadata that contradict
  ///   each other do not matter.
  func scenes(trustsOffset: Bool, remarks: inout Remarks) throws -> [FoundScene] {
    let product = VirtualFiles.stem(folder == "." ? Files.absolute(".") : folder)
    if !trustsOffset { try refuseContradictions(name: product) }
    let granules = folder + "/GRANULE"
    var scenes: [FoundScene] = []
    let names = try VirtualFiles.list(granules)
    for name in names {
      let files = try self.files(of: granules + "/" + name)
      if files.isEmpty { continue }
      let isOnly = names.count == 1
      scenes.append(
        try scene(
          name: isOnly ? product : product + "/" + name,
          source: isOnly ? source : source + "/GRANULE/" + name, files: files, remarks: &remarks))
    }
    guard !scenes.isEmpty else {
      throw InputError.noBands(
        scene: source, what: "holds no bands: there are no .jp2 files under GRANULE.")
    }
    return scenes
  }

  /// The JPEG 2000 files of a granule: its image data and quality layers.
  private func files(of granule: String) throws -> [String] {
    var result: [String] = []
    for folder in ["IMG_DATA", "IMG_DATA/R10m", "IMG_DATA/R20m", "IMG_DATA/R60m", "QI_DATA"] {
      result += try VirtualFiles.list(granule + "/" + folder)
        .filter { VirtualFiles.fileExtension($0) == "jp2" }.map { "\(granule)/\(folder)/\($0)" }
    }
    return result
  }

  private func scene(
    name: String, source: String, files: [String], remarks: inout Remarks
  ) throws -> FoundScene {
    var files = files.map(ProductFile.init)
    // The previews, and masks that are not layers of pixels.
    files.removeAll { ["TCI", "PVI"].contains($0.layer) }
    var bands: [BandSource] = []
    var aliases: [[String]] = []
    for (number, band) in SensorBands.sentinel2.enumerated() {
      guard
        let file = ProductFile.best(
          of: files, layer: band.name, metres: SensorBands.sentinel2Resolutions[number])
      else { continue }
      let values = try meaning(ofBand: number)
      bands.append(
        BandSource(
          raster: file.path, number: 1, name: band.name, color: band.color, unit: "reflectance",
          wavelength: try wavelength(ofBand: number) ?? band.wavelength, scale: values.scale,
          offset: values.offset, nodata: try nodata()))
      aliases.append(band.commonName.map { [$0] } ?? [])
    }
    guard !bands.isEmpty else {
      throw InputError.noBands(
        scene: source, what: "holds no bands: no .jp2 file is named as one, such as …_B02_10m.jp2.")
    }
    let others = Set(files.map(\.layer)).subtracting(bands.map(\.name)).sorted()
    let layers = others.filter(QualityNames.contains).compactMap { layer in
      ProductFile.best(of: files, layer: layer, metres: 20).map {
        NamedLayer(name: layer, raster: $0.path, number: 1)
      }
    }
    let leftOut = others.filter { ["AOT", "WVP"].contains($0) }
    if !leftOut.isEmpty {
      remarks.add(
        "\(InputError.list(leftOut)) of \(name.visible) \(leftOut.count == 1 ? "is" : "are") left "
          + "out: no reflectance", scene: name)
    }
    let recipe = SceneRecipe(name: name, source: source, bands: bands, acquired: said.time)
    return FoundScene(
      recipe, aliases: aliases, layers: layers, unusableDate: said.unusable)
  }

  private var said: AcquisitionDates.Said {
    AcquisitionDates.Said(
      metadata.text("PRODUCT_START_TIME") ?? metadata.text("DATATAKE_SENSING_START"))
  }

  private var isSurface: Bool { metadata.text("PROCESSING_LEVEL")?.contains("2A") ?? false }
}

/// One JPEG 2000 file by its name: "T21JUN_20200518T135211_B02_10m.jp2".
private struct ProductFile {
  let path: String
  let layer: String
  /// Metres of a pixel, where the name says it.
  let metres: Int?

  init(_ path: String) {
    self.path = path
    let stem = VirtualFiles.stem(path)
    let short = QualityNames.withoutResolution(stem)
    metres = short == stem ? nil : Int(stem.dropFirst(short.count + 1).dropLast())
    let parts = short.split(separator: "_").map(String.init)
    layer = parts.first == "MSK" || parts.count < 2 ? short : parts[parts.count - 1]
  }

  /// The file of a layer with the instrument's resolution, else the finest.
  static func best(of files: [ProductFile], layer: String, metres: Int) -> ProductFile? {
    let all = files.filter { $0.layer == layer }
    return all.first { $0.metres == metres } ?? all.min { ($0.metres ?? 0) < ($1.metres ?? 0) }
  }
}

extension SentinelProduct {
  /// reflectance = (value + offset) / quantification, as the products' own metadata say; 04.00 is
  /// the first baseline with an offset.
  private func meaning(ofBand number: Int) throws -> (scale: Double, offset: Double) {
    let name = isSurface ? "BOA_QUANTIFICATION_VALUE" : "QUANTIFICATION_VALUE"
    guard let quantification = try decimal(metadata.text(name), name), quantification != 0 else {
      throw InputError.damagedMetadata(path: path, what: "it has no \(name).")
    }
    return (1 / quantification, try offset(ofBand: number) / quantification)
  }

  private var offsetElements: [ProductXML.Element] {
    metadata.all(isSurface ? "BOA_ADD_OFFSET" : "RADIO_ADD_OFFSET")
  }

  private func offset(ofBand number: Int) throws -> Double {
    let elements = offsetElements
    if elements.isEmpty { return 0 }
    guard let element = elements.first(where: { $0.attributes["band_id"] == "\(number)" }),
      let offset = try decimal(element.text, element.name)
    else {
      throw InputError.damagedMetadata(
        path: path,
        what: "it has \(elements[0].name) of some bands, but none of band_id \(number).")
    }
    return offset
  }

  /// In micrometres.
  private func wavelength(ofBand number: Int) throws -> Double? {
    let element = metadata.all("Spectral_Information").first {
      ($0.attributes["bandId"] ?? $0.attributes["band_id"]) == "\(number)"
    }
    guard let element,
      let inner = element.children.map({ metadata.elements[$0] }).first(
        where: { $0.name == "Wavelength" })
    else { return nil }
    return try decimal(metadata.text("CENTRAL", in: inner), "CENTRAL").map { $0 / 1000 }
  }

  /// The value that means that there is no data.
  private func nodata() throws -> Double? {
    let element = metadata.all("Special_Values").first {
      metadata.text("SPECIAL_VALUE_TEXT", in: $0) == "NODATA"
    }
    return try element.flatMap {
      try decimal(metadata.text("SPECIAL_VALUE_INDEX", in: $0), "SPECIAL_VALUE_INDEX")
    }
  }

  private func decimal(_ text: String?, _ name: String) throws -> Double? {
    guard let text else { return nil }
    guard let value = Double(text), value.isFinite else {
      throw InputError.damagedMetadata(path: path, what: "\(name) is \(text.visible), no number.")
    }
    return value
  }

  /// The first baseline whose values have an offset.
  static let firstWithOffset = 4.0

  private func refuseContradictions(name: String) throws {
    guard let text = metadata.text("PROCESSING_BASELINE") else { return }
    guard let baseline = Double(text) else {
      throw InputError.damagedMetadata(
        path: path, what: "PROCESSING_BASELINE is \(text.visible), no number.")
    }
    let element = isSurface ? "BOA_ADD_OFFSET" : "RADIO_ADD_OFFSET"
    let offsets = try offsetElements.compactMap { try decimal($0.text, $0.name) }
    let file = Files.name(of: path)
    if baseline >= Self.firstWithOffset && offsets.isEmpty {
      throw InputError.contradiction(
        scene: source,
        first: "\(file) says processing baseline \(text), whose values have an offset",
        second: "it has no \(element)")
    }
    if baseline < Self.firstWithOffset, let offset = offsets.first(where: { $0 != 0 }) {
      throw InputError.contradiction(
        scene: source,
        first: "\(file) says processing baseline \(text), whose values have no offset",
        second: "\(element) is \(offset)")
    }
    // "N0400" in the product's name.
    let named = name.split(separator: "_").map(String.init).first {
      $0.count == 5 && $0.first == "N" && $0.dropFirst().allSatisfy(\.isNumber)
    }
    if let named, let digits = Double(named.dropFirst()), digits / 100 != baseline {
      throw InputError.contradiction(
        scene: source, first: "its name says baseline \(named)",
        second: "\(file) says \(text)")
    }
  }
}
