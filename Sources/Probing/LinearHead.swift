// A linear classifier as it is trained by AdamW, step by step: PANGAEA's is one linear layer,
// OlmoEarth's has a batch norm before it. Which batches and rates is in LinearTraining.swift.

import Foundation
import LinearAlgebra

/// A linear layer, with or without a batch norm before it, and AdamW's memory for both.
package struct LinearHead: Sendable {
  /// (classes, features)
  package private(set) var weights: DoubleMatrix
  /// (classes)
  package private(set) var biases: [Double]
  private var norm: BatchNorm?
  private let decay: Double
  private var memories: [Memory]
  private var steps = 0

  /// PyTorch's `BatchNorm1d`.
  private struct BatchNorm {
    var scales: [Double]
    var shifts: [Double]
    var means: [Double]
    var variances: [Double]
    static let (epsilon, momentum) = (1e-5, 0.1)
  }

  /// AdamW's moments of one tensor.
  private struct Memory {
    var first: [Double]
    var second: [Double]

    init(_ count: Int) {
      first = [Double](repeating: 0, count: count)
      second = first
    }

    /// Loshchilov and Hutter, "Decoupled weight decay regularization", as PyTorch computes it.
    mutating func update(
      _ values: inout [Double], _ gradient: [Double], rate: Double, decay: Double, step: Int
    ) {
      let (a, b, epsilon) = (0.9, 0.999, 1e-8)
      let firstCorrection = 1 - pow(a, Double(step))
      let secondCorrection = (1 - pow(b, Double(step))).squareRoot()
      for index in values.indices {
        values[index] *= 1 - rate * decay
        first[index] = a * first[index] + (1 - a) * gradient[index]
        second[index] = b * second[index] + (1 - b) * gradient[index] * gradient[index]
        let deviation = second[index].squareRoot() / secondCorrection + epsilon
        values[index] -= rate / firstCorrection * first[index] / deviation
      }
    }
  }

  /// - Parameter decay: AdamW's, of all tensors alike.
  package init(weights: DoubleMatrix, biases: [Double], normalises: Bool, decay: Double) {
    precondition(biases.count == weights.rows)
    self.weights = weights
    self.biases = biases
    self.decay = decay
    let width = weights.columns
    let (ones, zeros) = (
      [Double](repeating: 1, count: width), [Double](repeating: 0, count: width)
    )
    norm =
      normalises ? BatchNorm(scales: ones, shifts: zeros, means: zeros, variances: ones) : nil
    memories = [weights.values.count, biases.count, width, width].map(Memory.init)
  }

  /// (places, classes), with the statistics that were gathered in the training.
  package func logits(_ features: DoubleMatrix) -> DoubleMatrix {
    var input = features
    if let norm {
      let factors = norm.variances.map { 1 / ($0 + BatchNorm.epsilon).squareRoot() }
      for row in 0..<input.rows {
        for column in 0..<input.columns {
          input[row, column] =
            (input[row, column] - norm.means[column]) * factors[column] * norm.scales[column]
            + norm.shifts[column]
        }
      }
    }
    return linear(input)
  }

  private func linear(_ input: DoubleMatrix) -> DoubleMatrix {
    var result = LinearAlgebra.product(input, weights, transposing: .second)
    for row in 0..<result.rows {
      for column in 0..<result.columns { result[row, column] += biases[column] }
    }
    return result
  }

  /// One step of AdamW on the mean cross-entropy of a batch.
  /// - Precondition: a batch norm has two rows at least.
  package mutating func step(_ batch: DoubleMatrix, labels: [Int], rate: Double) {
    precondition(batch.rows == labels.count && batch.rows > (norm == nil ? 0 : 1))
    let normalised = norm.map { Self.normalise(batch, $0) }
    let input = normalised?.output ?? batch
    var slopes = linear(input)  // (B, K)
    let (count, share) = (slopes.columns, 1 / Double(slopes.rows))
    slopes.values.withUnsafeMutableBufferPointer { values in
      for (row, label) in labels.enumerated() {
        let logits = UnsafeMutableBufferPointer(
          rebasing: values[row * count..<(row + 1) * count])
        _ = CrossEntropy.turnIntoGradient(logits, label: label, share: share)
      }
    }
    let weightSlopes = LinearAlgebra.product(slopes, input, transposing: .first)
    let biasSlopes = (0..<biases.count).map { column in
      (0..<slopes.rows).reduce(0) { $0 + slopes[$1, column] }
    }
    steps += 1
    if let normalised {
      let inputSlopes = LinearAlgebra.product(slopes, weights)  // before the weights move
      updateNorm(normalised.standard, inputSlopes, normalised.means, normalised.variances, rate)
    }
    memories[0].update(
      &weights.values, weightSlopes.values, rate: rate, decay: decay, step: steps)
    memories[1].update(&biases, biasSlopes, rate: rate, decay: decay, step: steps)
  }

  private static func normalise(
    _ batch: DoubleMatrix, _ norm: BatchNorm
  ) -> (standard: DoubleMatrix, output: DoubleMatrix, means: [Double], variances: [Double]) {
    var (standard, output) = (batch, batch)
    var (means, variances) = (norm.means, norm.variances)
    for column in 0..<batch.columns {
      let values = (0..<batch.rows).map { batch[$0, column] }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      let factor = 1 / (variance + BatchNorm.epsilon).squareRoot()
      for row in 0..<batch.rows {
        standard[row, column] = (batch[row, column] - mean) * factor
        output[row, column] = standard[row, column] * norm.scales[column] + norm.shifts[column]
      }
      (means[column], variances[column]) = (mean, variance)
    }
    return (standard, output, means, variances)
  }

  /// Features are frozen, so that no gradient is needed beyond the norm's own tensors.
  private mutating func updateNorm(
    _ standard: DoubleMatrix, _ slopes: DoubleMatrix, _ means: [Double], _ variances: [Double],
    _ rate: Double
  ) {
    guard var norm else { return }
    let count = Double(standard.rows)
    var scaleSlopes = [Double](repeating: 0, count: standard.columns)
    var shiftSlopes = scaleSlopes
    for row in 0..<standard.rows {
      for column in 0..<standard.columns {
        scaleSlopes[column] += slopes[row, column] * standard[row, column]
        shiftSlopes[column] += slopes[row, column]
      }
    }
    let keep = 1 - BatchNorm.momentum
    for column in means.indices {
      // The running variance is that of a sample, the batch's own that of a population.
      let sample = variances[column] * count / (count - 1)
      norm.means[column] = keep * norm.means[column] + BatchNorm.momentum * means[column]
      norm.variances[column] = keep * norm.variances[column] + BatchNorm.momentum * sample
    }
    memories[2].update(&norm.scales, scaleSlopes, rate: rate, decay: decay, step: steps)
    memories[3].update(&norm.shifts, shiftSlopes, rate: rate, decay: decay, step: steps)
    self.norm = norm
  }
}
