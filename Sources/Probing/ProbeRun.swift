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
  package let survey: LabelSurvey
  package let trained: TrainedEncoder
  let pool: ThreadPool
  let progress: ProbeProgress

  package init(
    _ survey: LabelSurvey, of trained: TrainedEncoder, pool: ThreadPool,
    progress: ProbeProgress = ProbeProgress()
  ) {
    self.survey = survey
    self.trained = trained
    self.pool = pool
    self.progress = progress
  }

  var request: ProbeRequest { survey.request }

  /// - Throws: `ProbeError`, `SceneError`, `EmbeddingError`, `LinearAlgebraError`.
  package func run(_ labelled: LabelledScenes) throws -> ProbeOutcome {
    let kind = labelled.kind
    let sources = ProbeSources(of: trained, seed: request.seed, pool: pool)
    let wanted = ProbePlaces.limited(
      labelled.found.places, to: request.limit, seed: request.seed)
    let features = PlaceFeatures(
      scenes: survey.scenes, source: sources.source, normalization: trained.normalization,
      pool: pool)
    let found = try features.features(of: wanted, progress)
    let places = found.places.map { wanted[$0] }
    try survey.checkHasPlaces(
      places, reason: ": where the labels lie, the scenes have no data")
    let target = try LabelSurvey.target(of: places, kind: kind)
    let split = try Splitting(places, kind: kind, request, gap: survey.gap)
    let sets = sources.parts.map { part in
      NamedFeatures(name: part.name, values: found.values.columns(part.range))
    }
    let evaluation = ProbeEvaluation(
      target: target, splits: split.splits, units: split.units,
      methods: request.probeProtocol.methods(for: kind),
      bootstrap: Bootstrap(count: request.bootstrap, seed: request.seed), seed: request.seed)
    let progress = progress
    let results = try evaluation.run(sets, pool: pool) {
      progress.tell("Probes", $0, of: $1, "fits")
    }
    let writer = ProbeReporter(
      run: self, labelled: labelled, places: places, withoutData: wanted.count - places.count,
      target: target, split: split)
    return ProbeOutcome(
      report: try writer.report(results), places: places, target: target, splits: split.splits,
      features: sets, results: results)
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
