// What an encoder may make its choices from: which values of which run a chunk holds, and nothing
// else. Not here: the choices themselves, which are each codec's own.

import Basics

/// Names a chunk of a run. An encoder that rounds at random draws from `random`: a chunk's bytes
/// then depend on seed, step, microbatch and chunk, and never on who encodes it or when.
package struct ChunkKey: Hashable, Sendable {
  /// Whose values the chunk holds.
  package enum Content: Hashable, Sendable {
    /// The gradient of this microbatch of the step.
    case gradient(microbatch: UInt32)
    /// The parameters after the step, or their change by it.
    case parameters
  }

  package let seed: UInt64
  package let step: Step
  package let content: Content
  package let chunk: ChunkIndex

  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - step: the step that a gradient is computed for, or that parameters come from.
  package init(seed: UInt64, step: Step, content: Content, chunk: ChunkIndex) {
    self.seed = seed
    self.step = step
    self.content = content
    self.chunk = chunk
  }

  /// Random numbers that belong to this chunk alone, the same on every machine.
  package var random: CounterRandom {
    // No step has as many microbatches as the largest number.
    let place =
      switch content {
      case .gradient(let microbatch): microbatch
      case .parameters: UInt32.max
      }
    return CounterRandom(
      seed: seed, purpose: .rounding, step.rawValue, place, UInt32(chunk.index))
  }
}
