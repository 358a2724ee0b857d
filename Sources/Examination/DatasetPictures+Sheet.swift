// Chips of a dataset, drawn by lot and shown side by side, for `terrane inspect --sheet`.

import Basics
import Imagery
import Pictures
import Tensors
import TrainingRun

extension DatasetPictures {
  /// Chips of a sheet at most, and how many of them are held out where there are any.
  package static let (sheetChips, sheetHeldOut) = (24, 6)
  /// The largest side of a chip's picture; larger chips are reduced.
  private static let largestSide = 256

  /// Draws some chips, as a PNG file.
  /// - Parameters:
  ///   - bands: which to show, as `--bands` takes them; nil for those that look natural.
  ///   - seed: of the lot.
  /// - Throws: `RunError` when there is no shard to draw from or no such band, and what is wrong
  ///   with a shard; nothing is written then.
  package func drawSheet(to path: String, bands: String?, seed: UInt64) throws {
    try sheet(bands: bands, seed: seed).write(to: path)
  }

  /// See `drawSheet`.
  package func sheet(bands: String?, seed: UInt64) throws -> ChipSheet {
    let described = dataset.description.bands
    let shown =
      try bands.map { try DisplayBands($0, of: described) } ?? DisplayBands(of: described)
    guard !present.isEmpty else {
      let all = HumanFormat.counted(dataset.description.shardCount, "shard")
      throw RunError(
        description: "none of the \(all) is in \(dataset.folder), so there are no chips to show; "
          + "copy some from where the dataset is whole")
    }
    let chosen = choice(seed: seed)
    let stretch = stretch(shown.channels)
    let side = min(dataset.layout.side, Self.largestSide)
    let bandCount = dataset.layout.bandCount
    // Values as they are: the stretch makes colours of them.
    let sampler = CropSampler(
      layout: dataset.layout, side: side,
      normalization: Normalization(
        mean: Array(repeating: 0, count: bandCount),
        standardDeviation: Array(repeating: 1, count: bandCount)))
    var tiles: [ChipSheet.Tile] = []
    for (id, indices) in chosen {
      let shard = try dataset.openUnread(id)
      for index in indices {
        var pixels = [Float](repeating: 0, count: bandCount * side * side)
        var validity = [UInt8](repeating: 0, count: side * side)
        try pixels.withUnsafeMutableBufferPointer { pixels in
          try validity.withUnsafeMutableBufferPointer { validity in
            _ = try sampler.load(
              chip: index, of: shard, box: .whole(side: dataset.layout.side),
              into: pixels.baseAddress!, validity: validity.baseAddress!)
          }
        }
        tiles.append(
          ChipSheet.Tile(
            image: stretch.display(pixels, pixelCount: side * side),
            valid: validity.map { $0 != 0 },
            caption: Self.caption(of: shard.chips[index], in: shard.directory),
            isHeldOut: isHeldOut(id)))
      }
    }
    return ChipSheet(
      headline: "Chips of " + name.prefix(1).lowercased() + name.dropFirst(),
      subtitle: subtitle(tiles), notes: [stretchNote(shown), lotNote(seed: seed)], side: side,
      tiles: tiles, warning: missingNote(what: "chips"))
  }

  private static func caption(of chip: ChipRecord, in shard: ShardDirectory) -> [String] {
    let scene = shard.scenes[chip.scene]
    let date = scene.acquired.map(day) ?? "no date"
    let share = chip.validShare
    // Never "100 %" of a chip that lacks a pixel.
    let valid =
      share < 1 ? " · \(HumanFormat.percent(min(share, 0.99), places: 0)) valid" : ""
    return [scene.name, date + valid, DegreeText.place(chip.corners.center, places: 2)]
  }

  private func subtitle(_ tiles: [ChipSheet.Tile]) -> String {
    let description = dataset.description
    let heldOut = tiles.count { $0.isHeldOut }
    var parts: [String] = []
    for (shown, all, words) in [
      (tiles.count - heldOut, description.trainingChips, "for training"),
      (heldOut, description.holdoutChips, "held out"),
    ] where shown > 0 {
      parts.append("\(shown) of \(HumanFormat.counted(all, "chip")) \(words)")
    }
    let layout = dataset.layout
    parts.append(
      "\(layout.side) × \(layout.side) pixels, "
        + "\(HumanFormat.counted(layout.bandCount, "band")) of \(layout.pixelType.rawValue)")
    return parts.joined(separator: " · ")
  }

  private func stretchNote(_ bands: DisplayBands) -> String {
    let all = bands.channels.allSatisfy { dataset.description.bands[$0].quantiles != nil }
    let ends =
      all
      ? "from the value that 1 % of the dataset's pixels are below to the one that 99 % are below"
      : "from two standard deviations below the dataset's mean to two above"
    let label = bands.label
    return label.prefix(1).uppercased() + label.dropFirst() + ". Dark to bright: \(ends)."
  }

  private func lotNote(seed: UInt64) -> String {
    "Chosen by lot with --seed \(seed), those for training and those held out apart."
  }

  /// The dataset's own quantiles, or two deviations around the mean where there are none; never
  /// beyond the values that there are.
  private func stretch(_ channels: [Int]) -> StretchToDisplay {
    let bands = channels.map { dataset.description.bands[$0] }
    let hasQuantiles = bands.allSatisfy { $0.quantiles != nil }
    func ends(_ band: BandDescription) -> (low: Double, high: Double) {
      if hasQuantiles, let quantiles = band.quantiles {
        return (quantiles.percent1, quantiles.percent99)
      }
      let reach = 2 * band.standardDeviation
      return (max(band.mean - reach, band.minimum), min(band.mean + reach, band.maximum))
    }
    return StretchToDisplay(
      bands: channels, low: bands.map { Float(ends($0).low) },
      high: bands.map { Float(ends($0).high) })
  }

  /// Own chips of the shards that are here: up to `sheetHeldOut` of the held-out ones, training
  /// ones for the rest, in the dataset's order.
  private func choice(seed: UInt64) -> [(shard: ShardID, chips: [Int])] {
    let heldOut = present.filter(isHeldOut)
    let training = present.filter { !isHeldOut($0) }
    func count(_ shards: [ShardID]) -> Int {
      shards.reduce(0) { $0 + dataset.description[$1].chips }
    }
    let (trainingCount, heldOutCount) = (count(training), count(heldOut))
    let fewHeldOut = min(heldOutCount, Self.sheetHeldOut)
    let trainingShare = min(trainingCount, Self.sheetChips - fewHeldOut)
    let heldOutShare = min(heldOutCount, Self.sheetChips - trainingShare)
    return [(training, trainingCount, trainingShare), (heldOut, heldOutCount, heldOutShare)]
      .enumerated().flatMap { role, group in
        let (shards, all, share) = group
        var random = CounterRandom(seed: seed, purpose: .chipSheet, UInt32(role))
        return chips(Self.lot(share, of: all, using: &random), of: shards)
      }
  }

  /// Different numbers below `all`, ascending.
  private static func lot(_ count: Int, of all: Int, using random: inout CounterRandom) -> [Int] {
    var drawn: Set<Int> = []
    let bound = min(all, Int(UInt32.max))
    while drawn.count < min(count, bound) { drawn.insert(random.index(below: bound)) }
    return drawn.sorted()
  }

  /// From numbers over all shards of a role to those within each.
  private func chips(
    _ numbers: [Int], of shards: [ShardID]
  ) -> [(shard: ShardID, chips: [Int])] {
    var start = 0
    return shards.compactMap { id in
      let range = start..<start + dataset.description[id].chips
      start = range.upperBound
      let own = numbers.filter(range.contains).map { $0 - range.lowerBound }
      return own.isEmpty ? nil : (id, own)
    }
  }
}
