// Ridge regression on standardised features: numbers from features, linearly.

import LinearAlgebra

/// A linear model of a number: (x − mean) / deviation · weights + intercept.
package struct RidgeRegression: Hashable, Sendable {
  /// Of the training places' features; deviations of 0 count as 1.
  package let means: [Double]
  package let deviations: [Double]
  package let weights: [Double]
  package let intercept: Double

  /// Strengths that a probe chooses from: 15 from 1e-4 to 1e3, evenly in the logarithm.
  package static let strengths: [Double] = [
    1e-4, 3.162e-4, 1e-3, 3.162e-3, 1e-2, 3.162e-2, 0.1, 0.3162, 1, 3.162, 10, 31.62, 100, 316.2,
    1e3,
  ]

  /// Minimises the mean of the squared errors + strength · ‖weights‖² for each strength, on
  /// features that are standardised and targets without their mean. scikit-learn's `Ridge` behind a
  /// `StandardScaler` gives the same with alpha = n · strength.
  /// - Throws: `LinearAlgebraError` for features that are not finite.
  /// - Precondition: there is a place, and strengths are positive.
  package static func fits(
    _ features: DoubleMatrix, targets: [Double], strengths: [Double]
  ) throws(LinearAlgebraError) -> [RidgeRegression] {
    precondition(features.rows > 0 && features.rows == targets.count)
    let (means, deviations) = standardisation(features)
    let standard = standardised(features, means, deviations)
    let share = 1 / Double(features.rows)
    let intercept = targets.reduce(0, +) * share
    let centred = DoubleMatrix(
      rows: targets.count, columns: 1, values: targets.map { $0 - intercept })
    let gram = LinearAlgebra.gram(standard)
    var right = LinearAlgebra.product(standard, centred, transposing: .first)
    for index in right.values.indices { right.values[index] *= share }
    var result: [RidgeRegression] = []
    for strength in strengths {
      var matrix = gram
      for index in matrix.values.indices { matrix.values[index] *= share }
      for index in 0..<matrix.rows { matrix[index, index] += strength }
      result.append(
        RidgeRegression(
          means: means, deviations: deviations,
          weights: try LinearAlgebra.solution(of: matrix, right).values, intercept: intercept))
    }
    return result
  }

  /// A number for each place.
  package func predictions(_ features: DoubleMatrix) -> [Double] {
    (0..<features.rows).map { row in
      var sum = intercept
      for (column, value) in features.row(row).enumerated() {
        sum += (value - means[column]) / deviations[column] * weights[column]
      }
      return sum
    }
  }

  private static func standardisation(
    _ features: DoubleMatrix
  ) -> (means: [Double], deviations: [Double]) {
    var means = [Double](repeating: 0, count: features.columns)
    var squares = means
    let share = 1 / Double(features.rows)
    for row in 0..<features.rows {
      for (column, value) in features.row(row).enumerated() { means[column] += value * share }
    }
    for row in 0..<features.rows {
      for (column, value) in features.row(row).enumerated() {
        let difference = value - means[column]
        squares[column] += difference * difference * share
      }
    }
    // What rounding leaves of a constant is no deviation.
    let deviations = zip(squares, means).map { square, mean in
      let deviation = square.squareRoot()
      return deviation > 1e-13 * abs(mean) ? deviation : 1
    }
    return (means, deviations)
  }

  private static func standardised(
    _ features: DoubleMatrix, _ means: [Double], _ deviations: [Double]
  ) -> DoubleMatrix {
    var result = features
    for row in 0..<features.rows {
      for column in 0..<features.columns {
        result[row, column] = (result[row, column] - means[column]) / deviations[column]
      }
    }
    return result
  }
}
