// How PANGAEA and OlmoEarth train a linear probe: batches, rates and which state is kept. Their
// shuffles and first weights are PyTorch's; here they are counter-based random numbers.

import Basics
import Foundation
import LinearAlgebra

/// A linear probe's training by mini-batches.
package struct LinearTraining: Hashable, Sendable {
  package enum Recipe: Hashable, Sendable {
    /// Batches of 8, AdamW of rate 1e-4 and decay 0.05, 50 epochs, the rate divided by 10 at 60 %
    /// and 90 % of the steps; every five epochs the state that is best on validation is kept
    /// (`configs/task/linear_classification.yaml`, `engine/trainer.py`).
    case pangaea
    /// A batch norm first; batches of 32, AdamW of decay 0.01, 50 epochs, 5 of warm-up, then a
    /// cosine to 1e-5; the rate that is best on validation (`evals/linear_probe.py`,
    /// `internal/full_eval_sweep.py`). In float64, where OlmoEarth computes in bfloat16.
    case olmoEarth(rate: Double)

    var batch: Int { self == .pangaea ? 8 : 32 }
    var normalises: Bool { self != .pangaea }
    var decay: Double { self == .pangaea ? 0.05 : 0.01 }
  }

  /// Rates that OlmoEarth chooses from.
  package static let olmoEarthRates = [1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1, 5e-1]
  static let epochs = 50
  private static let validationInterval = 5

  package var recipe: Recipe
  package var seed: UInt64

  package init(_ recipe: Recipe, seed: UInt64) {
    self.recipe = recipe
    self.seed = seed
  }

  /// Trains a head, and keeps the one that is best on validation where the recipe says so.
  /// - Parameters:
  ///   - score: what a head is worth on the validation places; larger is better.
  /// - Precondition: there are two training places at least; classes are in 0..<classCount.
  package func train(
    _ features: DoubleMatrix, labels: [Int], classCount: Int, score: (LinearHead) -> Double
  ) -> LinearHead {
    precondition(features.rows > 1 && features.rows == labels.count)
    var head = firstHead(width: features.columns, classCount: classCount)
    var best: (head: LinearHead, score: Double)?
    func keepIfBest() {
      let found = score(head)
      if found > best?.score ?? -.infinity { best = (head, found) }
    }
    for epoch in 0..<Self.epochs {
      if recipe == .pangaea && epoch % Self.validationInterval == 0 { keepIfBest() }
      let batches = batches(of: features.rows, epoch: epoch)
      for (index, batch) in batches.enumerated() {
        head.step(
          features.selecting(rows: batch), labels: batch.map { labels[$0] },
          rate: rate(epoch: epoch, batch: index, of: batches.count))
      }
    }
    if recipe == .pangaea { keepIfBest() }
    return best?.head ?? head
  }

  /// The rate of a step.
  package func rate(epoch: Int, batch: Int, of count: Int) -> Double {
    switch recipe {
    case .pangaea:
      let step = epoch * count + batch
      let total = Double(Self.epochs * count)
      return 1e-4 * (step >= Int(total * 0.6) ? 0.1 : 1) * (step >= Int(total * 0.9) ? 0.1 : 1)
    case .olmoEarth(let rate):
      let time = Double(epoch) + Double(batch) / Double(count)
      let (warmUp, total, least) = (5.0, Double(Self.epochs), 1e-5)
      if time < warmUp { return rate * time / warmUp }
      return least + (rate - least) * 0.5 * (1 + cos(.pi * (time - warmUp) / (total - warmUp)))
    }
  }

  /// PANGAEA leaves out a last batch that is not full, unless it is the only one; a batch norm
  /// cannot see a batch of one.
  private func batches(of count: Int, epoch: Int) -> [[Int]] {
    var random = CounterRandom(seed: seed, purpose: .probeShuffle, UInt32(epoch))
    let order = random.permutation(of: count).map { Int($0) }
    let cuts = stride(from: 0, to: count, by: recipe.batch)
    let batches = cuts.map { Array(order[$0..<min($0 + recipe.batch, count)]) }
    if batches.count == 1 { return batches }
    return batches.filter { $0.count >= (recipe == .pangaea ? recipe.batch : 2) }
  }

  /// Uniform in ±1/√features, as PyTorch's `Linear` begins.
  private func firstHead(width: Int, classCount: Int) -> LinearHead {
    var random = CounterRandom(seed: seed, purpose: .probeInitial)
    let bound = 1 / Double(width).squareRoot()
    func draw(_ count: Int) -> [Double] {
      (0..<count).map { _ in (2 * random.uniform() - 1) * bound }
    }
    return LinearHead(
      weights: DoubleMatrix(rows: classCount, columns: width, values: draw(classCount * width)),
      biases: draw(classCount), normalises: recipe.normalises, decay: recipe.decay)
  }
}
