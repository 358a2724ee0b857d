// What regression scores are made of: sums over places that can be added up.

/// Sums over places of a number and of the errors in predicting it.
package struct ErrorSums: Hashable, Sendable {
  package private(set) var count = 0
  private var sum = 0.0
  private var squares = 0.0
  private var errors = 0.0

  package init() {}

  /// - Parameter reference: a number near the mean of all truths, which keeps the sums exact.
  mutating func add(truth: Double, prediction: Double, reference: Double) {
    count += 1
    sum += truth - reference
    squares += (truth - reference) * (truth - reference)
    errors += (prediction - truth) * (prediction - truth)
  }

  mutating func add(_ other: ErrorSums) {
    count += other.count
    sum += other.sum
    squares += other.squares
    errors += other.errors
  }

  /// The share of the truths' variance that is predicted (scikit-learn's `r2_score`); NaN where the
  /// truths do not vary.
  package var determination: Double {
    let variation = squares - sum * sum / Double(count)
    return variation > 0 ? 1 - errors / variation : .nan
  }

  /// The root of the mean squared error.
  package var rootMeanSquare: Double { (errors / Double(count)).squareRoot() }
}

/// The scores of predicted numbers.
package struct RegressionScores: Hashable, Sendable {
  package let determination: Double
  package let rootMeanSquare: Double

  /// - Precondition: as many predictions as truths.
  package init(truths: [Double], predictions: [Double]) {
    precondition(truths.count == predictions.count)
    let reference = truths.reduce(0, +) / Double(max(1, truths.count))
    var sums = ErrorSums()
    for (truth, prediction) in zip(truths, predictions) {
      sums.add(truth: truth, prediction: prediction, reference: reference)
    }
    determination = sums.determination
    rootMeanSquare = sums.rootMeanSquare
  }
}
