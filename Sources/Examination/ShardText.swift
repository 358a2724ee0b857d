// A shard in a few lines, for `terrane inspect`.

import Basics
import Imagery

extension ShardFile {
  /// Scenes that are named unless all are asked for.
  private static let shownScenes = 5

  /// What the shard is: some lines, each ending in a newline.
  /// - Parameter all: whether every scene is named.
  /// - Throws: what `digest` throws: the file is read from end to end.
  package func inspection(all: Bool) throws -> String {
    let scenes = HumanFormat.listed(
      directory.scenes.map(\.name.visible), "scene", first: all ? .max : Self.shownScenes)
    let copies = chips.count - directory.ownChipCount
    let placed = directory.placementCount
    let places = placed > 0 ? ", \(placed) of them between different maps" : ""
    let masked = chips.count { $0.validShare < 1 }
    let plain = chips.count * layout.pixelBytes
    let stored = chips.indices.reduce(0) { $0 + storedBytes(of: $1) }
    return """
      shard \(path.visible)
        chips   \(directory.ownChipCount), and \
      \(copies == 1 ? "1 border copy" : "\(copies) border copies"); \(masked) with invalid pixels
        pixels  \(layout.side) × \(layout.side), \(HumanFormat.counted(layout.bandCount, "band")) \
      of \(layout.pixelType.rawValue)
        links   \(directory.linkCount)\(places)
        scenes  \(scenes)
        size    \(HumanFormat.bytes(byteCount)); payloads are \
      \(HumanFormat.decimal(Double(stored) * 100 / Double(plain), places: 0)) % of the pixels
        digest  \(try digest())

      """
  }
}
