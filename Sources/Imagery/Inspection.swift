// Datasets and shards in a few lines each, for `terrane inspect`.

import Foundations

extension Dataset {
  /// What the dataset is: some lines, each ending in a newline.
  public var inspection: String {
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
          "from \(HumanFormat.decimal(band.minimum, places: 2)) to \(HumanFormat.decimal(band.maximum, places: 2))",
        ]
      }, flushLeft: [3])
    for (index, band) in bands.enumerated() {
      lines.append((index == 0 ? "  bands   " : "          ") + band)
    }
    lines.append(
      "  links   \(summary.links) between neighbours, \(summary.linksKept) kept in shards")
    let authority = description.crs.authority.map { " (\($0))" } ?? ""
    lines.append("  map     \(description.crs.name)\(authority)")
    for (index, scene) in description.scenes.enumerated() {
      lines.append(
        (index == 0 ? "  scenes  " : "          ")
          + "\(scene.name), \(scene.width) × \(scene.height) pixels, "
          + HumanFormat.counted(scene.chips, "chip"))
    }
    lines.append("  size    \(HumanFormat.bytes(summary.bytesOut)) in shards")
    lines.append("  digest  \(digest)")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension ShardFile {
  /// What the shard is: some lines, each ending in a newline.
  /// - Throws: what `digest` throws: the file is read from end to end.
  public func inspection() throws -> String {
    let copies = chips.count - directory.ownChipCount
    let masked = chips.count { $0.validShare < 1 }
    let plain = chips.count * layout.pixelBytes
    let stored = chips.indices.reduce(0) { $0 + storedBytes(of: $1) }
    return """
      shard \(path)
        chips   \(directory.ownChipCount), and \(copies == 1 ? "1 border copy" : "\(copies) border copies"); \
      \(masked) with invalid pixels
        pixels  \(layout.side) × \(layout.side), \(HumanFormat.counted(layout.bandCount, "band")) \
      of \(layout.pixelType.rawValue)
        links   \(directory.linkCount)
        scenes  \(directory.scenes.map(\.name).joined(separator: ", "))
        size    \(HumanFormat.bytes(byteCount)); payloads are \
      \(HumanFormat.decimal(Double(stored) * 100 / Double(plain), places: 0)) % of the pixels
        digest  \(try digest())

      """
  }
}
