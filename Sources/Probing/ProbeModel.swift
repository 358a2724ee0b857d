// A probe that was fitted: features in, classes or numbers out.

import LinearAlgebra

package enum ProbeModel: Sendable {
  case neighbours(NearestNeighbours, bank: DoubleMatrix, labels: [Int], classCount: Int)
  case logistic(LogisticRegression)
  case head(LinearHead)
  case ridge(RidgeRegression)

  /// Whether its search for a minimum, if there was one, ended by its tolerances.
  package var isConverged: Bool {
    if case .logistic(let model) = self { model.isConverged } else { true }
  }

  /// The class of each row.
  /// - Precondition: it is no regression.
  package func classes(_ features: DoubleMatrix) -> [Int] {
    switch self {
    case .neighbours(let neighbours, let bank, let labels, let classCount):
      NearestNeighbours.winners(
        neighbours.votes(
          training: bank, labels: labels, classCount: classCount, queries: features))
    case .logistic(let model): model.predictions(features)
    case .head(let head): NearestNeighbours.winners(head.logits(features))
    case .ridge: preconditionFailure("a regression has no classes")
    }
  }

  /// The number of each row.
  /// - Precondition: it is a regression.
  package func numbers(_ features: DoubleMatrix) -> [Double] {
    guard case .ridge(let model) = self else {
      preconditionFailure("a classifier has no numbers")
    }
    return model.predictions(features)
  }
}
