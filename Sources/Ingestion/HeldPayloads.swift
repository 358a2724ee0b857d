// What scanning has packed and writing needs soon, in memory: where one process does both, what
// fits is not written to a spool and read again.

import Basics

/// Payloads of whole batches, by the places that they would have in their spools, up to a bound. A
/// batch is held as a whole or not at all, so that a run that is cut has no more to do again than
/// what fits in here.
final class HeldPayloads: Sendable {
  private struct State {
    var batches: [Int: [Int: [UInt8]]] = [:]
    var freeBytes: Int
  }

  private let state: Monitor<State>

  /// Of one process that does all stages.
  static let usualBytes = 128 << 20

  init(limitBytes: Int) { state = Monitor(State(freeBytes: limitBytes)) }

  /// Takes room for a payload.
  /// - Returns: whether there is any.
  func reserve(_ bytes: Int) -> Bool {
    state.withLock { state in
      guard bytes <= state.freeBytes else { return false }
      state.freeBytes -= bytes
      return true
    }
  }

  /// Gives room back.
  func release(_ bytes: Int) { state.withLock { $0.freeBytes += bytes } }

  /// Takes over a batch whose payloads have their room already.
  func keep(_ batch: Int, _ payloads: [Int: [UInt8]]) {
    state.withLock { $0.batches[batch] = payloads }
  }

  /// The payload at a place of a batch's spool; nil where the batch is in its file.
  func payload(_ batch: Int, at offset: Int) -> [UInt8]? {
    state.withLock { $0.batches[batch]?[offset] }
  }
}
