// Features and what scikit-learn and PyTorch make of them, as scripts/check-probes.d/golden.py
// wrote them.

import Foundation
import LinearAlgebra

struct GoldenProbes: Decodable {
  struct Logistic: Decodable {
    let strength: Double
    let weights: [[Double]]
    let intercepts: [Double]
    let predictions: [Int]
  }
  struct TwoClasses: Decodable {
    let strength: Double
    let difference: [Double]
    let intercept: Double
  }
  struct Neighbours: Decodable {
    let votes: [[Double]]
    let predictions: [Int]
  }
  struct Cosine: Decodable {
    let count: Int
    let temperature: Double
    let votes: [[Double]]
  }
  struct Ridge: Decodable {
    let strength: Double
    let weights: [Double]
    let intercept: Double
    let predictions: [Double]
    let determination: Double
  }
  struct Head: Decodable {
    let first: [[Double]]
    let decay: Double
    let rates: [Double]
    let logits: [[Double]]
  }
  struct Scores: Decodable {
    let predictions: [Int]
    let accuracy: Double
    let macroF1: Double
    let meanIoU: Double
    let confusion: [[Int]]
  }

  let features: [[Double]]
  let labels: [Int]
  let numbers: [Double]
  let training: Int
  let logistic: [Logistic]
  let twoClasses: TwoClasses
  let neighbours: Neighbours
  let cosine: [Cosine]
  let ridge: [Ridge]
  let heads: [Head]
  let scores: Scores

  static func read() throws -> GoldenProbes {
    let url = Bundle.module.url(
      forResource: "probes", withExtension: "json", subdirectory: "Golden")
    return try JSONDecoder().decode(GoldenProbes.self, from: Data(contentsOf: url!))
  }

  var trainingFeatures: DoubleMatrix { Self.matrix(Array(features[..<training])) }
  var testFeatures: DoubleMatrix { Self.matrix(Array(features[training...])) }
  var trainingLabels: [Int] { Array(labels[..<training]) }
  var testLabels: [Int] { Array(labels[training...]) }

  static func matrix(_ rows: [[Double]]) -> DoubleMatrix {
    DoubleMatrix(
      rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
  }
}

/// The largest difference of two lists.
func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
