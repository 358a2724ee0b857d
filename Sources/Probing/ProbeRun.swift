// A probe from beginning to end: labels to places, places to features, features to scores. Not here
// is how a user asks for it, and what its report looks like.

import Basics
import Embedding
import Encoders
import Imagery
import LinearAlgebra
import Scenes

/// What is asked for.
package struct ProbeRequest {
  package var labelPath: String
  package var field: String?
  package var band: Int?
  /// The field that says train, val or test; nil for spatial folds.
  package var split: String?
  /// Nil to find out.
  package var kind: ProbeTarget.Kind?
  package var probeProtocol = ProbeProtocol.torchgeoBench
  package var reading = ReadingOptions()
  /// Metres; nil for what a patch had in the training.
  package var patchGround: Double?
  package var folds = 5
  /// Metres along a side of a block; nil to choose one.
  package var block: Double?
  /// Places that are probed, at most.
  package var limit = 20_000
  package var bootstrap = 1000
  package var seed: UInt64 = 0

  package init(labelPath: String) { self.labelPath = labelPath }
}

/// What came of a probe, with all that a map or another program needs.
package struct ProbeOutcome {
  package let report: ProbeReport
  package let places: [ProbePlace]
  package let target: ProbeTarget
  package let splits: [ProbeSplit]
  package let features: [NamedFeatures]
  package let results: [ProbeResult]
}

/// A probe of one encoder.
package struct ProbeRun {
  let request: ProbeRequest
  let trained: TrainedEncoder
  let recipes: [SceneRecipe]
  let pool: ThreadPool
  /// Told what is being done, in a line that the next one replaces.
  let advance: @Sendable (_ text: String) -> Void

  package init(
    _ request: ProbeRequest, of trained: TrainedEncoder, on recipes: [SceneRecipe],
    pool: ThreadPool, advance: @escaping @Sendable (_ text: String) -> Void = { _ in }
  ) {
    self.request = request
    self.trained = trained
    self.recipes = recipes
    self.pool = pool
    self.advance = advance
  }

  /// Metres along a side of a patch.
  package var patchGround: Double {
    request.patchGround ?? PatchSize.ground(ofTraining: trained)
  }

  var scenes: ProbeScenes {
    ProbeScenes(
      trained: trained, recipes: recipes, reading: request.reading, patchGround: patchGround,
      pool: pool)
  }

  /// - Throws: `ProbeError`, `LabelError`, `SceneError`, `EmbeddingError`, `LinearAlgebraError`.
  package func run() throws -> ProbeOutcome {
    try LinearAlgebra.checkMemory()
    let labels = try ProbeLabels.open(
      request.labelPath, field: request.field, split: request.split, band: request.band)
    let sources = ProbeSources(of: trained, seed: request.seed, pool: pool)
    let labelled = try scenes.label(from: labels, by: sources.source)
    let wanted = ProbePlaces.limited(labelled.places, to: request.limit, seed: request.seed)
    try checkHasPlaces(wanted, reason: "")
    let found = try scenes.features(of: wanted, by: sources.source, advance: advance)
    let places = found.places.map { wanted[$0] }
    try checkHasPlaces(places, reason: ": where the labels lie, the scenes have no data")
    let kind =
      request.kind ?? ProbeTarget.kind(of: labelled.places.lazy.map(\.patch.label))
    let target = try ProbeTarget(places.map(\.patch), kind: kind)
    try Self.checkVaries(target)
    let split = try Splitting(places, kind: kind, request, gap: gap)
    let features = sources.parts.map { part in
      NamedFeatures(name: part.name, values: found.values.columns(part.range))
    }
    let evaluation = ProbeEvaluation(
      target: target, splits: split.splits, units: split.units,
      methods: request.probeProtocol.methods(for: kind),
      bootstrap: Bootstrap(count: request.bootstrap, seed: request.seed), seed: request.seed)
    let advance = advance
    let results = try evaluation.run(features, pool: pool) {
      advance("probes: \($0) of \($1) fits")
    }
    let writer = ProbeReporter(
      run: self, labels: labels, labelled: labelled, places: places,
      withoutData: wanted.count - places.count, target: target, split: split)
    return ProbeOutcome(
      report: try writer.report(results), places: places, target: target, splits: split.splits,
      features: features, results: results)
  }

  /// Metres between places to train on and to test on: the side of an image, so that no patch lies
  /// in the image around another one.
  var gap: Double { patchGround * Double(trained.model.patchGrid.side) }

  private func checkHasPlaces(_ places: [ProbePlace], reason: String) throws(ProbeError) {
    if places.isEmpty {
      throw .noPlaces(
        labels: request.labelPath,
        scenes: HumanFormat.listed(recipes.map(\.name), "scene", first: 3), reason: reason)
    }
  }

  private static func checkVaries(_ target: ProbeTarget) throws(ProbeError) {
    switch target {
    case .classes(let values, let names):
      if names.count == 1 { throw .oneClass(name: names[0], places: values.count) }
    case .numbers(let values):
      if Set(values).count == 1 { throw .constant(value: values[0], places: values.count) }
    }
  }
}

/// The splits of places, and what is drawn together when scores are resampled.
struct Splitting {
  let splits: [ProbeSplit]
  let units: [Int]
  /// Nil where the file says the split.
  let folds: SpatialFolds?
  let block: Double?
  let gap: Double?
  let isValidationMadeUp: Bool

  /// - Throws: `ProbeError`.
  init(
    _ places: [ProbePlace], kind: ProbeTarget.Kind, _ request: ProbeRequest, gap: Double
  ) throws(ProbeError) {
    if request.split != nil {
      let (split, isMadeUp) = try ProbePlaces.split(
        places, kind: kind, labels: request.labelPath)
      splits = [split]
      units = Array(places.indices)
      folds = nil
      block = nil
      self.gap = nil
      isValidationMadeUp = isMadeUp
      return
    }
    let points = places.map(\.place)
    let block =
      request.block ?? SpatialFolds.blockSide(for: points, gap: gap, count: request.folds)
    let folds = SpatialFolds(
      of: points, blockSide: block, count: request.folds, seed: request.seed)
    guard folds.blockCount >= request.folds else {
      throw .fewBlocks(blocks: folds.blockCount, side: block, folds: request.folds)
    }
    splits = folds.splits(gap: gap)
    units = folds.blocks
    self.folds = folds
    self.block = block
    self.gap = gap
    isValidationMadeUp = false
  }
}

extension DoubleMatrix {
  /// The matrix of some columns that lie beside each other.
  func columns(_ range: Range<Int>) -> DoubleMatrix {
    var result: [Double] = []
    result.reserveCapacity(rows * range.count)
    for row in 0..<rows {
      let start = row * columns
      result += values[start + range.lowerBound..<start + range.upperBound]
    }
    return DoubleMatrix(rows: rows, columns: range.count, values: result)
  }
}
