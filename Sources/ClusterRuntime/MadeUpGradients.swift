// Gradients without a model, to measure what everything but computing costs.

import Basics
import Objectives
import Tensors

/// Where a worker's gradients come from.
package enum GradientSource: Sendable {
  /// The run's objective, on pairs of the dataset; by one way to compute products that chooses no
  /// bit, or the fastest.
  case objective(by: ProductPath? = nil)
  /// Made up once, and sent again for every lease: for measurements of the exchange.
  case madeUp

  /// The one scene of a dataset whose runs take gradients that are made up.
  package static let benchmarkScene = "made up for terrane bench exchange"
}

/// Has the parameters of a model and computes nothing of them.
final class MadeUpGradients: PretrainingObjective {
  let layout: ParameterLayout
  let measures: ObjectiveMeasures
  private let pairs: Int
  private let grid: ChunkGrid
  private var isFilled = false

  /// - Parameters:
  ///   - layout: of the run's model.
  ///   - measures: of the run's objective; all of them are 0.
  ///   - pairs: of a microbatch.
  init(layout: ParameterLayout, measures: ObjectiveMeasures, pairs: Int) {
    self.layout = layout
    self.measures = measures
    self.pairs = pairs
    grid = ChunkGrid(valueCount: layout.count, valuesPerChunk: ChunkGrid.valuesPerChunk)
  }

  func forward(parameters: FloatBuffer, batch: Void) -> LossSums { sums(measures.training) }

  func evaluate(parameters: FloatBuffer, batch: Void) -> LossSums { sums(measures.evaluation) }

  private func sums(_ measures: [Measure]) -> LossSums {
    LossSums(
      weighted: 0, hidden: pairs, pairs: pairs,
      measures: [Double](repeating: 0, count: measures.count))
  }

  /// Normal values of the size of real ones. Their buffer stays as it was filled first.
  func backward(
    parameters: FloatBuffer, batch: Void, gradient: FloatBuffer, scale: Float,
    onFinal: (Int) -> Void
  ) {
    if !isFilled { fill(gradient) }
    isFilled = true
    for chunk in grid.chunks.reversed() { onFinal(grid.range(of: chunk).lowerBound) }
  }

  /// A chunk's values are those of the first one: normal numbers take their time.
  private func fill(_ gradient: FloatBuffer) {
    var random = CounterRandom(seed: 0, purpose: .benchmark)
    let first = min(ChunkGrid.valuesPerChunk, gradient.count)
    let values = gradient[0..<gradient.count]
    for i in 0..<first { values[i] = Float(random.normal()) * 1e-3 }
    for i in first..<values.count { values[i] = values[i - first] }
  }
}
