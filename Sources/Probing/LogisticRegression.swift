// Multinomial logistic regression: scikit-learn's objective, minimised as far as the caller says.

import Foundation
import LinearAlgebra

/// A linear classifier. Logits of features x are x · weightsᵀ + intercepts.
package struct LogisticRegression: Hashable, Sendable {
  /// The classes that training places had; no other is ever predicted.
  package let classes: [Int]
  /// (classes, features)
  package let weights: DoubleMatrix
  /// (classes)
  package let intercepts: [Double]
  /// Whether the search ended by its tolerances, and not at its limit of iterations.
  package let isConverged: Bool

  /// Minimises (1/n) Σ cross-entropy + ‖weights‖² / (2 n C), in which intercepts are free
  /// (scikit-learn's `LogisticRegression` and torchgeo-bench's `linear.py`). Two classes have a row
  /// of weights each, as in the latter: scikit-learn's single row is that of 2 C.
  /// - Parameters:
  ///   - strength: C; larger ones penalise less.
  /// - Precondition: there is a place, and C is positive.
  package init(
    fitting features: DoubleMatrix, labels: [Int], strength: Double,
    search: LimitedMemoryBFGS = LimitedMemoryBFGS()
  ) {
    precondition(features.rows > 0 && features.rows == labels.count && strength > 0)
    let classes = Array(Set(labels)).sorted()
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    var objective = Objective(
      features: features, labels: labels.map { places[$0] ?? 0 }, classCount: classes.count,
      penalty: 1 / (strength * Double(features.rows)))
    var x = [Double](repeating: 0, count: classes.count * (features.columns + 1))
    let outcome = search.minimize(&x) { objective.value(at: $0, gradient: &$1) }
    self.classes = classes
    let count = classes.count * features.columns
    weights = DoubleMatrix(
      rows: classes.count, columns: features.columns, values: Array(x[..<count]))
    intercepts = Array(x[count...])
    isConverged = outcome.isConverged
  }

  /// (places, classes)
  package func logits(_ features: DoubleMatrix) -> DoubleMatrix {
    var result = LinearAlgebra.product(features, weights, transposing: .second)
    for row in 0..<result.rows {
      for column in 0..<result.columns { result[row, column] += intercepts[column] }
    }
    return result
  }

  /// The likeliest class of each place; of equals the first.
  package func predictions(_ features: DoubleMatrix) -> [Int] {
    NearestNeighbours.winners(logits(features)).map { classes[$0] }
  }

  /// What is minimised, with the memory for it.
  private struct Objective {
    let features: DoubleMatrix  // (N, D)
    let labels: [Int]  // (N)
    let classCount: Int
    /// 1 / (n C)
    let penalty: Double
    private var residuals: DoubleMatrix  // (N, K)
    private var weights: DoubleMatrix  // (K, D)
    private var slopes: DoubleMatrix  // (K, D)

    init(features: DoubleMatrix, labels: [Int], classCount: Int, penalty: Double) {
      self.features = features
      self.labels = labels
      self.classCount = classCount
      self.penalty = penalty
      residuals = DoubleMatrix(rows: features.rows, columns: classCount)
      weights = DoubleMatrix(rows: classCount, columns: features.columns)
      slopes = weights
    }

    mutating func value(at x: [Double], gradient: inout [Double]) -> Double {
      let count = weights.values.count
      weights.values = Array(x[..<count])
      LinearAlgebra.multiply(features, weights, transposing: .second, into: &residuals)
      var sum = 0.0
      var shifts = [Double](repeating: 0, count: classCount)
      let share = 1 / Double(features.rows)
      residuals.values.withUnsafeMutableBufferPointer { values in
        for row in 0..<labels.count {
          let cells = UnsafeMutableBufferPointer(
            rebasing: values[row * classCount..<(row + 1) * classCount])
          for column in cells.indices { cells[column] += x[count + column] }
          sum += CrossEntropy.turnIntoGradient(cells, label: labels[row], share: share)
          for column in cells.indices { shifts[column] += cells[column] }
        }
      }
      LinearAlgebra.multiply(residuals, features, transposing: .first, into: &slopes)
      var squares = 0.0
      for index in 0..<count {
        gradient[index] = slopes.values[index] + penalty * x[index]
        squares += x[index] * x[index]
      }
      for column in 0..<classCount { gradient[count + column] = shifts[column] }
      return sum * share + penalty * squares / 2
    }
  }
}
