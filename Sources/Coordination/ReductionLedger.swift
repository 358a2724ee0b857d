// The order in which gradients are added: chunk by chunk, and within a chunk microbatch after microbatch.
// Bookkeeping only; the sums themselves are elsewhere.

import Foundations

/// A chunk of a microbatch's gradient that waits for its turn.
public struct EarlyChunk: Sendable {
  public let payload: [UInt8]
  public let lease: LeaseID
  public let worker: WorkerID
}

/// For each chunk, how many microbatches were added, and which later ones came early.
///
/// Results of one microbatch are bitwise equal whoever computed them, so the first copy of a chunk counts,
/// whichever lease it came by, and every other copy is ignored.
struct ReductionLedger: Sendable {
  enum Arrival: Equatable {
    /// It is this microbatch's turn: add it now.
    case due
    /// Kept until those before it have come.
    case early
    /// Counted before.
    case duplicate
  }

  let chunkCount: Int
  let microbatches: Int
  private(set) var earlyBytes = 0
  /// Microbatches added to each chunk.
  private var added: [Int]
  /// Whether an addition to the chunk was ordered and has not been confirmed.
  private var isAdding: [Bool]
  private var early: [[Int: EarlyChunk]]
  /// Chunks of each microbatch that came.
  private var arrived: [Int]

  init(chunkCount: Int, microbatches: Int) {
    self.chunkCount = chunkCount
    self.microbatches = microbatches
    added = Array(repeating: 0, count: chunkCount)
    isAdding = Array(repeating: false, count: chunkCount)
    early = Array(repeating: [:], count: chunkCount)
    arrived = Array(repeating: 0, count: microbatches)
  }

  var isComplete: Bool { added.allSatisfy { $0 == microbatches } }

  /// The microbatch that some chunk waits for; `microbatches` when all are added.
  var firstIncomplete: Int { added.min() ?? microbatches }

  /// Whether every chunk of the microbatch has come.
  func hasAll(of microbatch: Int) -> Bool { arrived[microbatch] == chunkCount }

  /// Notes a chunk; `.due` means that the caller must add it and then call `confirm` or `reject`.
  mutating func arrive(_ chunk: ChunkIndex, of microbatch: Int, _ payload: EarlyChunk) -> Arrival {
    let c = chunk.index
    let isInHand = isAdding[c] && added[c] == microbatch
    if microbatch < added[c] || isInHand || early[c][microbatch] != nil { return .duplicate }
    arrived[microbatch] += 1
    if microbatch == added[c] {
      isAdding[c] = true
      return .due
    }
    early[c][microbatch] = payload
    earlyBytes += payload.payload.count
    return .early
  }

  /// The addition that was due has been made. Returns the next one if it is here already.
  mutating func confirm(_ chunk: ChunkIndex) -> (microbatch: Int, EarlyChunk)? {
    let c = chunk.index
    precondition(isAdding[c])
    added[c] += 1
    isAdding[c] = false
    guard let next = early[c].removeValue(forKey: added[c]) else { return nil }
    earlyBytes -= next.payload.count
    isAdding[c] = true
    return (added[c], next)
  }

  /// The addition that was due could not be made: the chunk is as if it had never come.
  mutating func reject(_ chunk: ChunkIndex) {
    let c = chunk.index
    precondition(isAdding[c])
    isAdding[c] = false
    arrived[added[c]] -= 1
  }
}
