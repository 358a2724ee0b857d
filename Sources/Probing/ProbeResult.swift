// What a probe of some features is worth.

import Basics

/// The scores of classes.
package struct ClassificationResult: Sendable {
  package let confusion: ConfusionMatrix
  package let accuracy: Interval
  package let macroF1: Interval
  package let meanIntersectionOverUnion: Interval
  /// Accuracy of each split.
  package let folds: [Double]

  /// - Parameters:
  ///   - tested: of each tested place: its truth, its prediction, its split and its unit of
  ///     resampling.
  init(_ tested: [Tested<Int>], classCount: Int, splits: Int, bootstrap: Bootstrap) {
    var parts = [ConfusionMatrix](repeating: ConfusionMatrix(classCount: classCount), count: splits)
    var units: [Int: ConfusionMatrix] = [:]
    for place in tested {
      parts[place.split].add(truth: place.truth, place.prediction)
      units[place.unit, default: ConfusionMatrix(classCount: classCount)]
        .add(truth: place.truth, place.prediction)
    }
    func sum(_ matrices: some Sequence<ConfusionMatrix>) -> ConfusionMatrix {
      var result = ConfusionMatrix(classCount: classCount)
      for matrix in matrices { result.add(matrix) }
      return result
    }
    let whole = sum(parts)
    let ordered = units.sorted { $0.key < $1.key }.map(\.value)
    var resampled: (accuracy: [Double], f1: [Double], union: [Double]) = ([], [], [])
    bootstrap.forEach(units: ordered.count) { drawn in
      let matrix = sum(drawn.lazy.map { ordered[$0] })
      resampled.accuracy.append(matrix.accuracy)
      resampled.f1.append(matrix.macroF1)
      resampled.union.append(matrix.meanIntersectionOverUnion)
    }
    confusion = whole
    accuracy = Bootstrap.interval(whole.accuracy, resampled: resampled.accuracy)
    macroF1 = Bootstrap.interval(whole.macroF1, resampled: resampled.f1)
    meanIntersectionOverUnion = Bootstrap.interval(
      whole.meanIntersectionOverUnion, resampled: resampled.union)
    folds = parts.map(\.accuracy)
  }
}

/// The scores of numbers.
package struct RegressionResult: Sendable {
  /// R² over all tested places.
  package let determination: Interval
  /// Root of the mean squared error, in the labels' unit.
  package let rootMeanSquare: Interval
  /// R² of each split.
  package let folds: [Double]

  init(_ tested: [Tested<Double>], splits: Int, bootstrap: Bootstrap) {
    let reference = tested.reduce(0) { $0 + $1.truth } / Double(max(1, tested.count))
    var parts = [ErrorSums](repeating: ErrorSums(), count: splits)
    var units: [Int: ErrorSums] = [:]
    for place in tested {
      parts[place.split].add(
        truth: place.truth, prediction: place.prediction, reference: reference)
      units[place.unit, default: ErrorSums()].add(
        truth: place.truth, prediction: place.prediction, reference: reference)
    }
    func sum(_ sums: some Sequence<ErrorSums>) -> ErrorSums {
      var result = ErrorSums()
      for part in sums { result.add(part) }
      return result
    }
    let whole = sum(parts)
    let ordered = units.sorted { $0.key < $1.key }.map(\.value)
    var resampled: (determination: [Double], error: [Double]) = ([], [])
    bootstrap.forEach(units: ordered.count) { drawn in
      let part = sum(drawn.lazy.map { ordered[$0] })
      resampled.determination.append(part.determination)
      resampled.error.append(part.rootMeanSquare)
    }
    determination = Bootstrap.interval(whole.determination, resampled: resampled.determination)
    rootMeanSquare = Bootstrap.interval(whole.rootMeanSquare, resampled: resampled.error)
    folds = parts.map(\.determination)
  }
}

/// A place that was tested.
struct Tested<Value> {
  let truth: Value
  let prediction: Value
  let split: Int
  let unit: Int
}

/// One method on one set of features.
package struct ProbeResult: Sendable {
  package enum Scores: Sendable {
    case classes(ClassificationResult)
    case numbers(RegressionResult)
  }

  /// "pretrained", "random initialisation", "imagestats".
  package let features: String
  /// Values of a feature vector.
  package let dimensions: Int
  package let method: ProbeMethod
  /// What was chosen in each split; empty where the method has no choice.
  package let choices: [Double]
  /// Splits whose fit ended at its limit of iterations, before a tolerance was met.
  package let unconverged: Int
  package let scores: Scores
  /// Of each place: a class, or a number; NaN where it was in no test.
  package let predictions: [Double]

  /// The choice in the middle of all.
  package var middleChoice: Double? {
    choices.isEmpty ? nil : choices.sorted()[choices.count / 2]
  }

  /// Accuracy or R².
  package var primary: Interval {
    switch scores {
    case .classes(let result): result.accuracy
    case .numbers(let result): result.determination
    }
  }
}
