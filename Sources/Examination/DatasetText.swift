// A dataset in a few lines, for `terrane inspect`.

import Basics
import Imagery

extension Dataset {
  /// Bands and scenes that are listed unless all are asked for.
  private static let shownRows = (bands: 20, scenes: 5)

  /// What the dataset is: some lines, each ending in a newline.
  /// - Parameter all: whether every band and scene has its line; else those of long lists are the
  ///   first.
  package func inspection(all: Bool) -> String {
    let summary = description.summary
    var lines = ["dataset \(folder)"]
    lines.append(
      "  chips   \(description.trainingChips) for training in "
        + HumanFormat.counted(description.trainingShards.count, "shard")
        + ", \(description.holdoutChips) held out in "
        + HumanFormat.counted(description.holdoutShards.count, "shard"))
    lines.append(
      "  pixels  \(layout.side) × \(layout.side), "
        + HumanFormat.counted(layout.bandCount, "band") + " of \(layout.pixelType.rawValue), "
        + "a chip every \(description.stride) pixels")
    let bands = TextTable.lines(
      description.bands.map { band in
        [
          band.name, "mean \(HumanFormat.decimal(band.mean, places: 2))",
          "deviation \(HumanFormat.decimal(band.standardDeviation, places: 2))",
          "from \(HumanFormat.decimal(band.minimum, places: 2)) to "
            + HumanFormat.decimal(band.maximum, places: 2) + (band.unit.map { " " + $0 } ?? ""),
        ]
      }, flushLeft: [3])
    lines += Self.listed("bands", bands, first: all ? bands.count : Self.shownRows.bands)
    lines.append(
      "  links   \(summary.links) between neighbours, \(summary.linksKept) kept in shards")
    for (index, system) in description.referenceSystems.enumerated() {
      let authority = system.authority.map { " (\($0))" } ?? ""
      lines.append("  \(index == 0 ? "map" : "   ")     \(system.name)\(authority)")
    }
    let scenes = description.scenes.map { scene in
      "\(scene.name), \(scene.width) × \(scene.height) pixels, "
        + HumanFormat.counted(scene.chips, "chip")
    }
    let isShort = all || scenes.count <= 2 * Self.shownRows.scenes
    lines += Self.listed("scenes", scenes, first: isShort ? scenes.count : Self.shownRows.scenes)
    if !isShort { lines.append("  extent  " + extent) }
    lines.append("  size    \(HumanFormat.bytes(summary.bytesOut)) in shards")
    lines.append("  digest  \(digest)")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Dataset {
  /// Rows under a word; after the first ones how many there are besides.
  private static func listed(_ name: String, _ rows: [String], first: Int) -> [String] {
    let rest = rows.count - first
    let shown =
      rest > 0
      ? rows.prefix(first) + [
        "and \(HumanFormat.count(rest)) more, \(HumanFormat.count(rows.count)) in all"
      ]
      : rows[...]
    return shown.enumerated().map { index, row in
      "  " + (index == 0 ? name : "").padded(to: 8) + row
    }
  }

  /// The box around all scenes, in map units.
  private var extent: String {
    let boxes = description.scenes.map(\.footprint)
    func text(_ values: [Double], _ pick: ([Double]) -> Double?) -> String {
      // Degrees need more digits than metres.
      let places = values.allSatisfy { abs($0) <= 360 } ? 5 : 0
      return HumanFormat.decimal(pick(values) ?? .nan, places: places)
    }
    let (left, right) = (boxes.map(\.left), boxes.map(\.right))
    let (bottom, top) = (boxes.map(\.bottom), boxes.map(\.top))
    return "x from \(text(left) { $0.min() }) to \(text(right) { $0.max() }), "
      + "y from \(text(bottom) { $0.min() }) to \(text(top) { $0.max() })"
  }
}
