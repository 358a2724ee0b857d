// The options that say which rasters are scenes, and which of their bands are wanted.

import ArgumentParser
import Scenes

/// Options of finding scenes.
package struct FindingArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Bands to take, in this order, by name, common name or number: red,nir,B04. (default: all; "
        + "with a run, its bands by their names)",
      valueName: "bands"))
  package var bands: String?

  @Option(
    help: ArgumentHelp(
      "Which one-band files are one scene: auto, none, or a pattern with {scene} and {band}.",
      valueName: "pattern"))
  package var group = "auto"

  @Option(
    help: ArgumentHelp(
      "Assets of STAC items to take, in this order. (default: those with the role \"data\")",
      valueName: "keys"))
  package var assets: String?

  @Option(
    help: ArgumentHelp(
      "A quality layer and the values, or bits, that make pixels invalid: SCL:0,1,3,8-10 or "
        + "QA_PIXEL:bits:1,3,4. May be given several times.", valueName: "layer:values"))
  package var mask: [String] = []

  @Option(
    help: ArgumentHelp(
      "A vector file whose features say where images without georeference lie; the images are "
        + "those that it names unless some are given.",
      valueName: "file"))
  package var footprints: String?

  @Option(
    help: ArgumentHelp("The field of --footprints with the image's path.", valueName: "field"))
  package var footprintPath: String?

  @Option(
    help: ArgumentHelp("The field of --footprints with the date.", valueName: "field"))
  package var footprintDate: String?

  @Option(
    help: ArgumentHelp(
      "A regular expression whose group is the date in a scene's name, such as '_(\\d{8})_'.",
      valueName: "regex"))
  package var datePattern: String?

  package init() {}

  package func validate() throws {
    if footprints == nil && (footprintPath ?? footprintDate) != nil {
      throw ValidationError("--footprint-path and --footprint-date go with --footprints.")
    }
    if footprints != nil && footprintPath == nil {
      throw ValidationError(
        "--footprints needs --footprint-path, the field with the images' paths.")
    }
    if let bands {
      let names = Self.list(bands)
      if names.isEmpty { throw ValidationError("--bands is empty; name bands, like red,nir,B04.") }
      if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
        throw ValidationError("--bands names '\(twice)' twice; name each band once.")
      }
    }
    _ = try options
  }

  /// - Throws: `ValidationError` for a value that says nothing.
  package var options: InputOptions {
    get throws {
      var options = InputOptions()
      options.bands = Self.list(bands)
      options.assets = Self.list(assets)
      do {
        options.grouping = try FileGrouping(group)
        options.masks = try mask.map { try MaskChoice($0) }
      } catch let error as InputError {
        throw ValidationError("\(error)")
      }
      options.datePattern = datePattern
      if let footprints, let footprintPath {
        options.footprints = FootprintSource(
          layer: footprints, pathField: footprintPath, dateField: footprintDate)
      }
      return options
    }
  }

  private static func list(_ text: String?) -> [String] {
    (text ?? "").split(separator: ",").map { String($0.trimmingPrefix(" ")) }
  }
}
