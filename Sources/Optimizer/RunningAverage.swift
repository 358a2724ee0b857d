// A running average of parameters (Polyak and Juditsky, "Acceleration of stochastic approximation
// by averaging", 1992, with exponential weights): steadier than the newest ones. Not here: who
// keeps it.

import Basics
import Tensors

/// How an average follows what it is of.
package struct RunningAverage: Hashable, Sendable {
  /// The share of the old average that an update leaves, below 1.
  package let memory: Double

  /// - Precondition: `memory` is in 0..<1.
  package init(memory: Double) {
    precondition((0..<1).contains(memory))
    self.memory = memory
  }

  /// The share of the old average that the update of a step t leaves: (1 + t) / (10 + t), or the
  /// memory where that is less, so that an average does not carry the initial parameters for long.
  /// - Parameter step: from 1 on.
  package func memory(at step: Int) -> Double {
    min(memory, Double(1 + step) / Double(10 + step))
  }

  /// average += (1 − memory) · (parameters − average), in one pass; equal bits for any number of
  /// threads.
  /// - Parameters:
  ///   - average: as long as `parameters`.
  ///   - step: that the parameters are of, from 1 on.
  package func update(
    _ average: FloatBuffer, towards parameters: FloatBuffer, step: Int, pool: ThreadPool
  ) {
    precondition(average.count == parameters.count)
    let share = Float(1 - memory(at: step))
    let blocks = ValueBlocks(0..<average.count)
    pool.forEach(blocks.count) { block in
      for place in blocks.range(block) {
        let old = average.pointer[place]
        average.pointer[place] = old + share * (parameters.pointer[place] - old)
      }
    }
  }
}
