// The options of `terrane embed` that say what is made. Which files that are is in
// EmbedFiles.swift.

import ArgumentParser
import Basics
import Embedding

extension Pooling: ExpressibleByArgument {}
extension CropSeams: ExpressibleByArgument {}

/// Options that say what comes out.
struct EmbedOutput: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A map: a cloud-optimised GeoTIFF in the scene's own system, one pixel a patch, a band a "
        + "value (E000, E001, …). Of several scenes a folder, with a map for each.",
      valueName: "out.tif"))
  var map: String?

  @Option(
    help: ArgumentHelp(
      "A table: GeoParquet, one row a chip; beside it a STAC item, OUT.json.",
      valueName: "out.parquet"))
  var chips: String?

  @Option(
    help: ArgumentHelp(
      "A picture of the map: its first three principal components. Of several scenes a folder.",
      valueName: "out.png"))
  var preview: String?

  @Flag(
    name: .customLong("int8"),
    help: "Write the map as bytes: unit vectors by the formula of AlphaEarth's.")
  var isQuantised = false

  @Option(
    help: ArgumentHelp(
      "Metres of ground along a patch of the map. (default: as a patch had them in the training)",
      valueName: "metres"))
  var patchGround: Double?

  @Option(
    help: ArgumentHelp(
      "A patch of the map is the mean over the images that show it, weighted by how far it lies "
        + "from their borders, or taken from the one in which it is most central.",
      valueName: "blend|cut"))
  var seams = CropSeams.blend

  @Option(help: ArgumentHelp("How a chip's tokens become one vector.", valueName: "how"))
  var pool = Pooling.mean

  @Option(
    help: ArgumentHelp(
      "Where the STAC item of the model lies (item.json of `terrane export`), for a link to it.",
      valueName: "address"))
  var modelItem: String?

  @Flag(help: "Replace what is there, once the new files are whole.")
  var overwrite = false

  @Flag(help: "Throw away what a map that was cut has left in OUT.partial, and begin anew.")
  var restart = false

  func validate() throws {
    if map == nil && chips == nil {
      throw ValidationError("Say what is to be made: --map OUT.tif, --chips OUT.parquet, or both.")
    }
    if map == nil && (preview != nil || isQuantised || patchGround != nil || restart) {
      throw ValidationError("--preview, --int8, --patch-ground and --restart go with --map.")
    }
    if let patchGround, !(patchGround > 0 && patchGround.isFinite) {
      throw ValidationError("--patch-ground is \(patchGround); it is a length above 0, in metres.")
    }
  }
}
