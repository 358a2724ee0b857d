// All that is to be said of a probe, as plain data that JSON holds. How it reads on a screen is in
// ProbeReport+Text.swift, and as torchgeo-bench's table in ProbeReport+Table.swift.

import Basics

/// What was probed, how, and what came of it.
package struct ProbeReport: Sendable, Codable {
  /// The run and the checkpoint.
  package struct Encoder: Sendable, Codable {
    package var run: String
    package var step: Int
    /// Whether the parameters are the running average of those of many steps.
    package var isAverage: Bool
    package var bands: [String]
    package var imageSide: Int

    /// Which parameters these are, in words: "step 450".
    package var place: String
  }

  /// The labels, and what became of them.
  package struct Labels: Sendable, Codable {
    package var file: String
    /// The field, or the band.
    package var source: String
    package var kind: String
    package var scenes: [String]
    /// Labelled patches of all scenes.
    package var found: Int
    /// Those of them that were probed.
    package var places: Int
    /// Those of them within half a patch's diagonal of a place of an earlier scene; nil in reports
    /// of earlier releases.
    package var seenBefore: Int?
    /// Classes and their places; nil for numbers.
    package var classes: [Class]?
    /// Features of a vector file without a label, without a point or polygon, without a role.
    package var withoutLabel: Int
    package var withoutShape: Int
    package var withoutRole: Int
    /// Features that label no patch of a scene.
    package var outside: Int
    /// Patches that two labels claim.
    package var contradictory: Int
    /// Labelled patches where the scene has no data.
    package var withoutData: Int
  }

  package struct Class: Sendable, Codable {
    package var name: String
    package var places: Int
  }

  /// Which places were trained on, and which tested on.
  package struct Splits: Sendable, Codable {
    /// Spatial folds; 0 where the file says the split.
    package var folds: Int
    /// The field that says it.
    package var field: String?
    /// Metres; nil where the file says the split.
    package var block: Double?
    package var blocks: Int?
    package var gap: Double?
    /// Places of each split.
    package var training: [Int]
    package var validation: [Int]
    package var test: [Int]
    /// Distances of tested places from chips that the encoder was trained on; nil where the
    /// dataset's shards are not there to ask.
    package var distance: PretrainingDistance?
  }

  /// One method on one set of features.
  package struct Result: Sendable, Codable {
    package var features: String
    package var dimensions: Int
    package var method: String
    /// "C", "rate" or "strength", and what was chosen in each split.
    package var choiceName: String?
    package var choices: [Double]
    package var accuracy: Interval?
    package var macroF1: Interval?
    package var meanIntersectionOverUnion: Interval?
    package var determination: Interval?
    package var rootMeanSquare: Interval?
    /// Accuracy or R² of each split; NaN is left out.
    package var bySplit: [Double]
    package var classes: [ClassResult]?
    /// (true classes, predicted classes)
    package var confusion: [[Int]]?
  }

  package struct ClassResult: Sendable, Codable {
    package var name: String
    package var scores: ConfusionMatrix.ClassScores
  }

  package var encoder: Encoder
  package var probeProtocol: String
  package var labels: Labels
  /// Metres along the side of a patch.
  package var patchGround: Double
  package var splits: Splits
  package var results: [Result]
  package var bootstrap: Int
  /// "blocks" or "places": what is drawn when scores are resampled.
  package var resampled: String
  package var seed: UInt64
  /// Sentences that the reader should know.
  package var warnings: [String]
}

extension ProbeReport.Result {
  /// - Parameter names: of the classes; empty for numbers.
  init(_ result: ProbeResult, names: [String]) {
    features = result.features
    dimensions = result.dimensions
    method = result.method.name
    choiceName = result.method.choiceName
    choices = result.choices
    switch result.scores {
    case .classes(let scores):
      accuracy = scores.accuracy
      macroF1 = scores.macroF1
      meanIntersectionOverUnion = scores.meanIntersectionOverUnion
      bySplit = scores.folds.filter(\.isFinite)
      classes = names.indices.map {
        ProbeReport.ClassResult(name: names[$0], scores: scores.confusion.scores(of: $0))
      }
      confusion = names.indices.map { truth in
        names.indices.map { scores.confusion[truth, $0] }
      }
    case .numbers(let scores):
      determination = scores.determination.isFinite ? scores.determination : nil
      rootMeanSquare = scores.rootMeanSquare.isFinite ? scores.rootMeanSquare : nil
      bySplit = scores.folds.filter(\.isFinite)
    }
  }

  /// Accuracy or R²; NaN where the truths of the test do not vary.
  package var primary: Interval {
    accuracy ?? determination ?? Interval(value: .nan, low: .nan, high: .nan)
  }
}

extension Interval {
  /// The same where all is finite; R² of a test that does not vary is not.
  var isFinite: Bool { value.isFinite && low.isFinite && high.isFinite }
}
