// The options that say how scenes are cut, where chips are not wanted, and how shards are made.
// Those of size are optional so that a dataset to which scenes are added can say them.

import ArgumentParser
import Imagery
import Ingestion
import Maps
import Scenes

/// Options of chips and shards.
struct ChipArguments: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Pixels along one side of a chip. (default: \(Self.defaultSide))", valueName: "pixels"))
  var chipSide: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Pixels from one chip of a scene to the next, at most a side. (default: 3/4 of a side)",
      valueName: "pixels"))
  var stride: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Chips with a larger share of invalid pixels are dropped; from 0 to below 1. "
        + "(default: \(Self.defaultNodata))", valueName: "share"))
  var maxNodata: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Chips in a shard, at most; copies at its border come on top. "
        + "(default: \(Self.defaultShard))", valueName: "chips"))
  var chipsPerShard: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Share of the chips held out for evaluation, from 0 (none) to below 1. "
        + "(default: \(Self.defaultHoldout))", valueName: "share"))
  var holdout: Double?

  @Option(
    help: ArgumentHelp(
      "A vector file of places, such as test data, that chips keep away from.", valueName: "file"))
  var avoid: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How far chips keep away from them: 500m, 5km. (default: 0)",
      valueName: "length"))
  var distance: String?

  private static let defaultSide = 256
  private static let defaultNodata = 0.1
  private static let defaultShard = 256
  private static let defaultHoldout = 0.1
  /// Sides below this hold no useful crop.
  private static let smallestSide = 8

  func validate() throws {
    let side = chipSide ?? Self.defaultSide
    guard (Self.smallestSide...ChipLayout.largestSide).contains(side) else {
      throw ValidationError(
        "--chip-side is \(side); it must be from \(Self.smallestSide) to "
          + "\(ChipLayout.largestSide) pixels.")
    }
    if let stride, !(1...side).contains(stride) {
      throw ValidationError(
        "--stride is \(stride); it must be from 1 to --chip-side (\(side)), or pixels "
          + "between chips would be lost.")
    }
    for (name, share) in [("--max-nodata", maxNodata), ("--holdout", holdout)] {
      guard (0..<1).contains(share ?? 0) else {
        throw ValidationError("\(name) is \(share ?? 0); it is a share, from 0 to below 1.")
      }
    }
    guard (1...1 << 20).contains(chipsPerShard ?? 1) else {
      throw ValidationError(
        "--chips-per-shard is \(chipsPerShard ?? 0); it must be from 1 to 1048576.")
    }
    if distance != nil && avoid == nil { throw ValidationError("--distance goes with --avoid.") }
    _ = try avoided
  }

  /// - Throws: `ValidationError` for a text that is no length.
  var avoided: AvoidedPlaces? {
    get throws {
      guard let avoid else { return nil }
      guard let metres = AvoidedArea.metres(in: distance ?? "0") else {
        throw ValidationError(
          "--distance is '\(distance ?? "")'; it is a length up to 1000km, such as 500m or 5km.")
      }
      return AvoidedPlaces(path: avoid, distance: metres)
    }
  }

  /// With the defaults where nothing is said.
  func options(finding: InputOptions, reading: ReadingOptions) throws -> IngestOptions {
    let side = chipSide ?? Self.defaultSide
    return IngestOptions(
      chipSide: side, stride: stride ?? max(1, side * 3 / 4),
      maximumNodata: maxNodata ?? Self.defaultNodata,
      chipsPerShard: chipsPerShard ?? Self.defaultShard, holdout: holdout ?? Self.defaultHoldout,
      finding: finding, reading: reading, avoided: try avoided)
  }

  /// Those of the dataset that scenes are added to.
  /// - Throws: `IngestError.otherOptions` for one that is said otherwise here.
  func options(of recorded: IngestOptions, at path: String) throws -> IngestOptions {
    func check<Value: Equatable>(_ name: String, _ given: Value?, _ recorded: Value) throws {
      guard let given, given != recorded else { return }
      throw IngestError.otherOptions(
        path: path, name: name, recorded: "\(recorded)", given: "\(given)")
    }
    try check("--chip-side", chipSide, recorded.chipSide)
    try check("--stride", stride, recorded.stride)
    try check("--max-nodata", maxNodata, recorded.maximumNodata)
    try check("--chips-per-shard", chipsPerShard, recorded.chipsPerShard)
    try check("--holdout", holdout, recorded.holdout)
    return recorded
  }
}
