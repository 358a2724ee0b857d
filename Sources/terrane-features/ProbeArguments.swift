// The options of `terrane probe` about labels and probes.

import ArgumentParser
import Basics
import Probing

extension ProbeProtocol: ExpressibleByArgument {}
extension ProbeTarget.Kind: ExpressibleByArgument {}

/// What is to be predicted.
struct LabelArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("Features with a class or a number, or a raster.", valueName: "file"))
  var labels: String

  @Option(
    help: ArgumentHelp(
      "The field with the labels. (default: the only one)", valueName: "name"))
  var field: String?

  @Option(
    help: ArgumentHelp(
      "The band with the labels, of a raster, from 1. (default: the only one)",
      valueName: "number"))
  var labelBand: Int?

  @Option(help: "What labels are: classes or numbers. (default: by what they look like)")
  var task: ProbeTarget.Kind?

  func validate() throws {
    if let labelBand, labelBand < 1 {
      throw ValidationError("--label-band must be 1 or more, found \(labelBand)")
    }
    if labelBand != nil && field != nil {
      throw ValidationError(
        "--field is of features and --label-band of rasters: leave out one of them.")
    }
  }

  func fill(_ request: inout ProbeRequest) {
    request.field = field
    request.band = labelBand
    request.kind = task
  }
}

/// How it is predicted, and on which places.
struct ProbeArguments: ParsableArguments {
  @Option(name: .customLong("protocol"), help: "Whose protocol: see above.")
  var probeProtocol = ProbeProtocol.torchgeoBench

  @Option(
    help: ArgumentHelp(
      "A field of the labels that says train, val or test, in place of spatial folds.",
      valueName: "field"))
  var split: String?

  @Option(help: "Spatial folds.")
  var folds = 5

  @Option(
    help: ArgumentHelp(
      "Side of a block in metres. (default: four images, or more where places are spread out)",
      valueName: "metres"))
  var block: Double?

  @Option(
    help: ArgumentHelp(
      "Side of a patch in metres of ground. (default: that of the training)", valueName: "metres"))
  var patchGround: Double?

  @Option(help: "Labelled patches that are probed, at most; drawn at random.")
  var limit = 20_000

  @Option(help: "Scores that are drawn again for intervals.")
  var bootstrap = 1000

  @Option(help: "Seed of folds, draws and first weights.")
  var seed: UInt64 = 0

  func validate() throws {
    func check<Value: Comparable>(_ name: String, _ value: Value?, _ range: ClosedRange<Value>)
      throws
    {
      guard let value, !range.contains(value) else { return }
      throw ValidationError(
        "--\(name) must be between \(range.lowerBound) and \(range.upperBound), found \(value)")
    }
    try check("folds", folds, 2...20)
    try check("block", block, 1...10_000_000)
    try check("patch-ground", patchGround, 0.001...10_000_000)
    try check("limit", limit, 4...1_000_000)
    try check("bootstrap", bootstrap, 10...100_000)
  }

  func fill(_ request: inout ProbeRequest) {
    request.probeProtocol = probeProtocol
    request.split = split
    request.folds = folds
    request.block = block
    request.patchGround = patchGround
    request.limit = limit
    request.bootstrap = bootstrap
    request.seed = seed
  }
}
