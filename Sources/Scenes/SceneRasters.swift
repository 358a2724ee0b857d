// The rasters that a recipe names, each opened once, and the channels that they give: palettes
// expanded or refused, alpha bands kept or set aside. Not here: where rasters lie.

import Basics
import Imagery

struct SceneRasters {
  let options: ReadingOptions
  /// By path, as they were opened.
  private var opened: [String: Raster] = [:]
  /// By path and band.
  private var expanded: [String: Raster] = [:]
  /// Of indexes that mean nothing in the colour tables that were expanded.
  private(set) var impliedMasks: [MaskSource] = []
  private(set) var remarks: [String] = []

  init(options: ReadingOptions) { self.options = options }

  /// The raster of a path.
  /// - Throws: `SceneError`.
  mutating func open(_ path: String) throws -> Raster {
    if let raster = opened[path] { return raster }
    let raster = try Raster(path)
    opened[path] = raster
    return raster
  }

  var fileBytes: Int { opened.values.reduce(0) { $0 + $1.fileBytes } }

  /// The rasters of some channels, each once, in their order.
  func used(by channels: [SceneChannel]) -> [Raster] {
    var result: [Raster] = []
    for channel in channels where !result.contains(where: { $0 === channel.raster }) {
      result.append(channel.raster)
    }
    return result
  }

  /// - Throws: `SceneError` for bands that do not exist or hold no measurements.
  mutating func channels(of recipe: SceneRecipe) throws -> [SceneChannel] {
    var channels: [SceneChannel] = []
    for source in recipe.bands {
      let raster = try open(source.raster)
      guard let band = raster.bands.first(where: { $0.number == source.number }) else {
        throw SceneError.noSuchBand(
          scene: source.raster, number: source.number, count: raster.bands.count)
      }
      if case .colors(let hasAlpha) = band.palette {
        guard options.expandPalette else {
          throw SceneError.palette(scene: source.raster, band: source.number)
        }
        channels += try expand(source, of: raster, band, hasAlpha: hasAlpha, after: channels.count)
        continue
      }
      if !band.categories.isEmpty { remark(onClasses: band, of: raster) }
      channels.append(try channel(channels.count, source, raster, band))
    }
    guard options.keepAlpha else { return channels }
    for raster in used(by: channels) {
      for band in raster.bands where band.isAlpha && !Self.uses(channels, raster, band) {
        channels.append(
          try channel(
            channels.count, BandSource(raster: raster.path, number: band.number, name: band.name),
            raster, band))
      }
    }
    return channels
  }

  /// Bands that are flagged as alpha and that no channel reads.
  func alpha(beside channels: [SceneChannel]) -> [BandSource] {
    used(by: channels).flatMap { raster in
      raster.bands.filter { $0.isAlpha && !Self.uses(channels, raster, $0) }.map {
        BandSource(raster: raster.path, number: $0.number, name: $0.name)
      }
    }
  }

  static func uses(_ channels: [SceneChannel], _ raster: Raster, _ band: RasterBand) -> Bool {
    channels.contains { $0.raster === raster && $0.number == band.number }
  }

  private func channel(
    _ index: Int, _ source: BandSource, _ raster: Raster, _ band: RasterBand
  ) throws -> SceneChannel {
    if band.isComplex { throw SceneError.complexPixels(scene: raster.path, band: band.number) }
    guard let type = band.type else {
      throw SceneError.unsupportedPixelType(
        scene: raster.path, band: band.number, found: band.typeName)
    }
    var source = source
    source.color = source.color ?? band.color
    source.unit = source.unit ?? band.unit
    source.scale =
      ReadingOptions.setting(options.scale, for: source.name)?.value ?? source.scale ?? band.scale
    source.offset =
      ReadingOptions.setting(options.offset, for: source.name)?.value ?? source.offset
      ?? band.offset
    if let what = Self.unusable(source) {
      throw SceneError.meaningless(scene: raster.path, band: source.name, what: what)
    }
    var nodata = [source.nodata, band.nodata].compactMap { $0 }
    if let setting = ReadingOptions.setting(options.nodata, for: source.name) {
      nodata = [setting.value].compactMap { $0 }
    }
    source.nodata = nodata.first
    return SceneChannel(
      index: index, source: source, raster: raster, number: band.number, type: type,
      nodata: nodata,
      conversion: PixelConversion(
        from: type, to: type.pixelType, scaling: nil, rounds: false, nodata: nodata))
  }

  /// What is said of a band that no value can mean; nil where there is nothing of the kind.
  private static func unusable(_ source: BandSource) -> String? {
    if let scale = source.scale, scale == 0 || !scale.isFinite { return "scale \(scale)" }
    if let offset = source.offset, !offset.isFinite { return "offset \(offset)" }
    if let wavelength = source.wavelength, !(wavelength > 0 && wavelength.isFinite) {
      return "wavelength \(wavelength)"
    }
    return nil
  }

  /// The channels of a band of indexes: red, green and blue.
  private mutating func expand(
    _ source: BandSource, of raster: Raster, _ band: RasterBand, hasAlpha: Bool, after count: Int
  ) throws -> [SceneChannel] {
    let key = "\(source.number) \(source.raster)"
    let colors = try expanded[key] ?? raster.expanding(source.number, hasAlpha: hasAlpha)
    expanded[key] = colors
    if let nodata = source.nodata ?? band.nodata, let index = UInt8(exactly: nodata) {
      impliedMasks.append(
        MaskSource(raster: source.raster, number: source.number, values: [Int(index)]))
    }
    return try zip(colors.imageBands, ["red", "green", "blue"]).enumerated().map { place, pair in
      var single = source
      single.name = pair.1
      single.color = pair.1
      single.nodata = nil
      return try channel(count + place, single, colors, pair.0)
    }
  }

  private mutating func remark(onClasses band: RasterBand, of raster: Raster) {
    let names = HumanFormat.listed(band.categories.map(\.visible), "class", first: 3)
    remarks.append(
      "band \(band.number) of \(Files.name(of: raster.path).visible) holds classes (\(names)), not measurements: "
        + "leave it out with --bands, or use it as a --mask")
  }
}
