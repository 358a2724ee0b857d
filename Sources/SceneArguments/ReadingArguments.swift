// The options that say what pixels mean, and how they come to one grid.

import ArgumentParser
import Scenes

extension ReadingOptions.NodataRule: ExpressibleByArgument {}
extension ReadingOptions.Resampling: ExpressibleByArgument {}
extension ReadingOptions.Values: ExpressibleByArgument {}

/// Options of reading scenes.
package struct ReadingArguments: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The nodata value of all bands, or of one (B4=0), in the place of what rasters say; 'none' "
        + "for none. May be given several times.", valueName: "value"))
  package var nodata: [String] = []

  @Option(
    help: ArgumentHelp(
      "A pixel that is nodata in some bands only is valid if any band holds data, or if all do. "
        + "What can be no measurement (below 0 or above 65535, NaN) hides it in both cases.",
      valueName: "any|all"))
  package var nodataRule = ReadingOptions.NodataRule.any

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What stored values are multiplied by, of all bands or of one (B4=0.0001).",
      valueName: "number"))
  package var scale: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("What is added then, likewise (B4=-0.1).", valueName: "number"))
  package var offset: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take values as they are stored, or after scale and offset.",
      valueName: "raw|physical"))
  package var values = ReadingOptions.Values.raw

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Side of a pixel in map units; without it that of a scene's finest band.",
      valueName: "units"))
  package var resolution: Double?

  @Option(
    help: ArgumentHelp(
      "How bands of another resolution come to the scene's.",
      valueName: "method"))
  package var resampling = ReadingOptions.Resampling.bilinear

  @Flag(help: "Read a band of indexes into a colour table as its colours.")
  package var expandPalette = false

  @Flag(help: "Read bands that are flagged as alpha as image bands.")
  package var keepAlpha = false

  package init() {}

  package func validate() throws {
    if let resolution, !(resolution > 0 && resolution.isFinite) {
      throw ValidationError("--resolution is \(resolution); it is a length above 0.")
    }
    _ = try options
  }

  /// - Throws: `ValidationError` for a text that is no number.
  package var options: ReadingOptions {
    get throws {
      var options = ReadingOptions()
      options.nodata = try nodata.map { try Self.setting("--nodata", $0, orNone: true) }
      options.scale = try scale.map { try Self.setting("--scale", $0) }
      options.offset = try offset.map { try Self.setting("--offset", $0) }
      options.nodataRule = nodataRule
      options.resolution = resolution
      options.resampling = resampling
      options.expandPalette = expandPalette
      options.keepAlpha = keepAlpha
      options.values = values
      return options
    }
  }

  /// From "0", "B4=0" or "none".
  private static func setting(
    _ option: String, _ text: String, orNone: Bool = false
  ) throws -> ReadingOptions.BandSetting {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let band = parts.count == 2 ? String(parts[0]) : nil
    let number = String(parts[parts.count - 1])
    if orNone && number == "none" { return ReadingOptions.BandSetting(band: band, value: nil) }
    guard let value = Double(number), band != "", orNone || value.isFinite,
      option != "--scale" || value != 0
    else {
      let bound = option == "--scale" ? " other than 0" : ""
      throw ValidationError(
        "\(option) is '\(text)'; it is a number\(bound), or a band and a number such as B4=0.")
    }
    // What is not finite is never valid, whether it is declared or not.
    return ReadingOptions.BandSetting(band: band, value: value.isFinite ? value : nil)
  }
}
