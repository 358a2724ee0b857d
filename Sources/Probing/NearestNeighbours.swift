// The classes of the nearest training places, as three benchmarks vote on them. Distances are
// computed in double precision and ties are broken by the order of the training places, so that
// votes are the same on every machine.

import Foundation
import LinearAlgebra

/// A k-nearest-neighbour classifier.
package struct NearestNeighbours: Hashable, Sendable {
  /// What is near, and what a neighbour's vote weighs.
  package enum Vote: Hashable, Sendable {
    /// By Euclidean distance; every vote weighs 1 (torchgeo-bench, `knn.py`).
    case plain
    /// By cosine; a vote weighs exp(cosine / temperature) (OlmoEarth, `evals/knn.py`).
    case cosine(temperature: Double)
    /// The same with features and cosines in half precision (PANGAEA, `knnclassifier.py`).
    case halfCosine(temperature: Double)
  }

  /// k: neighbours that vote; all training places where there are fewer.
  package var count: Int
  package var vote: Vote

  /// - Precondition: `count` is positive.
  package init(count: Int, vote: Vote) {
    precondition(count > 0)
    self.count = count
    self.vote = vote
  }

  /// Queries whose distances are held at a time.
  private static let chunk = 512
  /// Share of a squared distance that rounding of a product may be off by.
  private static let slack = 1e-11

  /// The sum of the votes for each class.
  /// - Parameters:
  ///   - labels: a class of each training row.
  /// - Returns: (queries, classes).
  /// - Precondition: there is a training row; classes are in 0..<classCount.
  package func votes(
    training: DoubleMatrix, labels: [Int], classCount: Int, queries: DoubleMatrix
  ) -> DoubleMatrix {
    precondition(training.rows > 0 && labels.count == training.rows)
    let bank = prepared(training)
    let all = prepared(queries)
    let squares = squaredNorms(bank)
    var result = DoubleMatrix(rows: queries.rows, columns: classCount)
    for start in stride(from: 0, to: queries.rows, by: Self.chunk) {
      let rows = Array(start..<min(start + Self.chunk, queries.rows))
      let chunk = all.selecting(rows: rows)
      let products = LinearAlgebra.product(chunk, bank, transposing: .second)
      let own = squaredNorms(chunk)
      for (index, row) in rows.enumerated() {
        let near = nearest(
          to: chunk.row(index), own[index], products.row(index), bank, squares)
        for (neighbour, weight) in near { result[row, labels[neighbour]] += weight }
      }
    }
    return result
  }

  /// The class with the most votes of each row; of equals the first.
  package static func winners(_ votes: DoubleMatrix) -> [Int] {
    (0..<votes.rows).map { row in
      let values = votes.row(row)
      var best = values.startIndex
      for index in values.indices where values[index] > values[best] { best = index }
      return best - values.startIndex
    }
  }

  /// The `count` nearest training rows and the weights of their votes.
  private func nearest(
    to query: ArraySlice<Double>, _ square: Double, _ products: ArraySlice<Double>,
    _ bank: DoubleMatrix, _ squares: [Double]
  ) -> [(row: Int, weight: Double)] {
    // Of the products, whose rounding depends on where a row stands, the first choice; what may be
    // among the nearest is compared exactly.
    let rough = zip(products, squares).map { square + $1 - 2 * $0 }
    let wanted = min(count, bank.rows)
    let limit = Self.value(ofRank: wanted, in: rough)
    let widest = square + (squares.max() ?? 0)
    let candidates = rough.indices.filter { rough[$0] <= limit + Self.slack * widest }
    let compared = candidates.map { (row: $0, key: key(query, bank.row($0))) }
    let ordered = compared.sorted { ($0.key, $0.row) < ($1.key, $1.row) }
    return ordered.prefix(wanted).map { ($0.row, weight(ofKey: $0.key)) }
  }

  /// The largest of the `rank` smallest values.
  private static func value(ofRank rank: Int, in values: [Double]) -> Double {
    var smallest = values[..<rank].sorted()
    for value in values[rank...] where value < smallest[rank - 1] {
      var place = rank - 1
      while place > 0 && smallest[place - 1] > value {
        smallest[place] = smallest[place - 1]
        place -= 1
      }
      smallest[place] = value
    }
    return smallest[rank - 1]
  }

  /// What is smaller for nearer rows.
  private func key(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
    switch vote {
    case .plain: zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    case .cosine: -zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    case .halfCosine: -Double(Float16(zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }))
    }
  }

  private func weight(ofKey key: Double) -> Double {
    switch vote {
    case .plain: 1
    case .cosine(let temperature): exp(-key / temperature)
    case .halfCosine(let temperature):
      Double(Float16(exp(Double(Float16(-key / temperature)))))
    }
  }

  private func prepared(_ features: DoubleMatrix) -> DoubleMatrix {
    switch vote {
    case .plain: return features
    case .cosine: return normalised(features, least: 1e-8) { $0 }
    case .halfCosine: return normalised(features, least: 1e-12) { Double(Float16($0)) }
    }
  }

  /// Rows of length 1; those shorter than `least` are divided by it.
  private func normalised(
    _ features: DoubleMatrix, least: Double, _ round: (Double) -> Double
  ) -> DoubleMatrix {
    var result = features
    for row in 0..<features.rows {
      let length = max(features.row(row).reduce(0) { $0 + $1 * $1 }.squareRoot(), least)
      for column in 0..<features.columns {
        result[row, column] = round(result[row, column] / length)
      }
    }
    return result
  }

  private func squaredNorms(_ features: DoubleMatrix) -> [Double] {
    (0..<features.rows).map { features.row($0).reduce(0) { $0 + $1 * $1 } }
  }
}
