// Adds encoded chunks of gradients to a step's sum. Not here: in which order, which the core says.

import Basics
import Compression
import Coordination

/// Carries out `.reduce`, with working memory of its own: one thread uses it at a time. Several may
/// be at work at once on chunks of their own.
package final class SumReduction {
  package struct Outcome {
    /// What the core is to be told.
    package let event: CoordinatorEvent
    /// Whether the chunk's sum goes to the journal now.
    package let completesChunk: Bool
  }

  private let store: ParameterStore
  private let keepsJournal: Bool
  private let mistake: ExecutorMistake?
  private let codec: TensorCodec

  /// - Parameter mistake: nil but in simulations.
  package init(_ store: ParameterStore, keepsJournal: Bool, mistake: ExecutorMistake? = nil) {
    self.store = store
    self.keepsJournal = keepsJournal
    self.mistake = mistake
    codec = TensorCodec(store.chunks)
  }

  package func carryOut(_ order: ReductionOrder) -> Outcome {
    do {
      try store.reduce(
        order.chunk, isFirst: order.place.beginsSum, payload: order.payload, by: codec)
    } catch {
      let refused = CoordinatorEvent.reductionRefused(
        order.chunk, microbatch: order.microbatch, order.lease, from: order.worker,
        reason: "\(error)", isNotFinite: error is NotFinite)
      return Outcome(event: refused, completesChunk: false)
    }
    let isComplete = mistake == .earlyStage ? order.place == .middle : order.place.completesSum
    return Outcome(
      event: .reduced(order.chunk, microbatch: order.microbatch, order.lease),
      completesChunk: isComplete && keepsJournal)
  }
}
