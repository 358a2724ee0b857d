// A running average of the parameters: what is left of them when the noise of single steps is taken
// out. Training never reads it.

import Kernels
import Tensors

/// An exponential moving average of parameters over the steps of a run.
///
/// After step t the average moves by max(1 − decay, 1/t) of the way to the parameters: the plain
/// mean of all steps (Polyak and Juditsky, 1992) until 1/(1 − decay) of them are done, and an
/// exponential average from then on. What training started with is not in it.
package struct ParameterAverage: Sendable {
  /// What stays of the average at a step, below 1.
  package let decay: Double

  /// - Precondition: `decay` is in 0..<1.
  package init(decay: Double) {
    precondition((0..<1).contains(decay))
    self.decay = decay
  }

  /// The share of the way that the average goes at a step, which counts from 1.
  package func share(at step: Int) -> Double { max(1 - decay, 1 / Double(step)) }

  /// Moves a range of the average after a step, in one pass over memory; several threads may move
  /// ranges of their own at once.
  /// - Parameters:
  ///   - average: (count), before step 1 of any content that is finite.
  ///   - parameters: (count), after the step.
  package func update(
    _ average: FloatBuffer, toward parameters: FloatBuffer, step: Int, range: Range<Int>
  ) {
    precondition(average.count == parameters.count && step >= 1)
    precondition(range.lowerBound >= 0 && range.upperBound <= average.count)
    let share = Float(share(at: step))
    for index in range {
      let value = average.pointer[index]
      average.pointer[index] = value + share * (parameters.pointer[index] - value)
    }
  }
}
