// Adds encoded chunks of gradients to a step's sum, or only measures them. Not here: in which
// order, which the core says.

import Basics
import Compression
import Coordination
import Tensors

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
  /// For chunks that are only measured, which few are; made with the first of them.
  private lazy var scratch = FloatBuffer(count: store.grid.valuesPerChunk)

  /// - Parameter mistake: nil but in simulations.
  package init(_ store: ParameterStore, keepsJournal: Bool, mistake: ExecutorMistake? = nil) {
    self.store = store
    self.keepsJournal = keepsJournal
    self.mistake = mistake
    codec = TensorCodec(store.chunks)
  }

  package func execute(_ order: ReductionOrder) -> Outcome {
    let measure: ChunkMeasure
    do {
      measure = try carryOut(order)
    } catch {
      let refused = CoordinatorEvent.reductionRefused(
        order.chunk, microbatch: order.microbatch, order.lease, from: order.worker,
        reason: "\(error)", isNotFinite: error is NotFinite)
      return Outcome(event: refused, completesChunk: false)
    }
    let isComplete = mistake == .earlyStage ? order.place == .middle : order.place.completesSum
    return Outcome(
      event: .reduced(order.chunk, microbatch: order.microbatch, order.lease, measure),
      completesChunk: isComplete && keepsJournal)
  }

  private func carryOut(_ order: ReductionOrder) throws -> ChunkMeasure {
    if order.place == .outside {
      return try store.measure(order.chunk, payload: order.payload, by: codec, scratch: scratch)
    }
    return try store.reduce(
      order.chunk, isFirst: order.place.beginsSum, payload: order.payload, by: codec)
  }
}
