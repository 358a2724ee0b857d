// Why features cannot be made. Not what is wrong with a run or a scene: those have errors of their
// own.

import Basics

/// What stands in the way of features of a scene. Each description says what to do.
package enum EmbeddingError: Error, CustomStringConvertible {
  case otherBands(scene: String, bands: [String], wanted: [String])
  case otherBandsOfChips(folder: String, bands: [String], wanted: [String])
  case otherUnits(scene: String, band: String, found: String, wanted: String)
  case otherUnitsOfChips(folder: String, band: String, found: String, wanted: String)
  case unsuitablePatch(ground: Double, unit: Double)
  case unsuitableChip(scene: String, ground: Double, unit: Double, most: Int)
  case mapTooLarge(scene: String, width: Double, height: Double)
  case cropTooLarge(scene: String, bytes: Int)
  case noPlaceOnGlobe(scene: String)
  case noChips(dropped: Int)
  case noShards(folder: String)
  case severalScenes(path: String, count: Int)
  case foreignWork(folder: String)
  case otherWork(folder: String, description: String)

  package var description: String {
    switch self {
    case .otherBands(let scene, let bands, let wanted):
      "\(scene.visible) does not have the bands that the run was trained on. It has "
        + "\(Self.list(bands)); the run has \(Self.list(wanted)). If they are there by other names, "
        + "name them in the run's order with --bands."
    case .otherBandsOfChips(let folder, let bands, let wanted):
      "the chips of \(folder.visible) do not have the bands that the run was trained on. They have "
        + "\(Self.list(bands)); the run has \(Self.list(wanted)). If they are there by other names, "
        + "name the scenes in place of the dataset, with --bands in the run's order."
    case .otherUnits(let scene, let band, let found, let wanted):
      "values of \(band.visible) in \(scene.visible) mean \(found), and those that the run was "
        + "trained on mean \(wanted). If the scene's values are in the run's unit as they are "
        + "stored, say --scale 1 --offset 0; --values physical applies the scene's scale and "
        + "offset before."
    case .otherUnitsOfChips(let folder, let band, let found, let wanted):
      "values of \(band.visible) in the chips of \(folder.visible) mean \(found), and those that the "
        + "run was trained on mean \(wanted). Name the scenes in place of the dataset, with --scale "
        + "and --offset where they say them wrongly, or ingest them as the run's were."
    case .unsuitablePatch(let ground, let unit):
      "a patch of \(Self.text(ground)) m cannot be seen in pixels of "
        + "\(Self.text(unit)) m: it must have from 1/64 to 4096 of them along a side. "
        + "Choose another --patch-ground."
    case .unsuitableChip(let scene, let ground, let unit, let most):
      "chips of the training are \(Self.text(ground)) m wide, and cannot be cut from pixels of "
        + "\(Self.text(unit)) m in \(scene.visible): they must have from 1 to \(most) of them "
        + "along a side. Read it in other pixels with --resolution."
    case .mapTooLarge(let scene, let width, let height):
      "the map of \(scene.visible) would have \(Self.text(width)) × "
        + "\(Self.text(height)) pixels, and 2147483647 a side are the most. Choose a larger "
        + "--patch-ground."
    case .cropTooLarge(let scene, let bytes):
      "one image of \(scene.visible) would take \(HumanFormat.bytes(bytes)) of pixels as they are "
        + "read. Choose a smaller --patch-ground, or --resolution nearer to what the run was trained "
        + "on."
    case .noPlaceOnGlobe(let scene):
      "\(scene.visible) has chips that no longitude and latitude can be found for, and tables tell "
        + "them. A map (--map) needs none."
    case .noChips(let dropped):
      "there is no chip for the table: \(HumanFormat.counted(dropped, "chip")) had too few valid "
        + "pixels."
    case .noShards(let folder):
      "none of the shards of \(folder.visible) is there. Copy them from where the dataset is whole."
    case .severalScenes(let path, let count):
      "\(path.visible) is a file, and \(count) scenes make \(count) maps. Name a folder for them."
    case .foreignWork(let folder):
      "\(folder.visible) would be used while the map is made, and it holds something else. Move it "
        + "away."
    case .otherWork(let folder, let description):
      "\(folder.visible) holds the beginning of another map (\(description.visible)). Give that "
        + "map's command to go on with it, or --restart to throw it away."
    }
  }

  private static func text(_ number: Double) -> String { HumanFormat.significant(number) }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.prefix(40).map(\.visible).joined(separator: ", ")
  }
}
