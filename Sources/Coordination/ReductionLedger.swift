// The order in which gradients are added: chunk by chunk, and within a chunk microbatch after
// microbatch. Bookkeeping only; the sums themselves are elsewhere.

import Basics

/// A chunk of a microbatch's gradient that waits for its turn.
package struct EarlyChunk: Sendable {
  package let payload: [UInt8]
  package let lease: LeaseID
  package let worker: WorkerID
}

/// For each chunk, how many microbatches were added, and which later ones came early.
///
/// Results of one microbatch are bitwise equal whoever computed them, so the first copy of a chunk
/// counts, whichever lease it came by, and every other copy is ignored.
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
  /// The microbatch that some chunk waits for: its turn has come. `microbatches` when all are
  /// added.
  private(set) var firstIncomplete = 0
  /// Microbatches added to each chunk.
  private var added: [Int]
  /// The lease whose addition to the chunk was ordered and has not been confirmed.
  private var adding: [LeaseID?]
  private var early: [[Int: EarlyChunk]]
  /// Chunks of each microbatch that came.
  private var arrived: [ChunkSet]
  /// Whether every chunk of a microbatch had come once.
  private var wasComplete: [Bool]
  /// To how many chunks each microbatch was added.
  private var additions: [Int]

  init(chunkCount: Int, microbatches: Int) {
    self.chunkCount = chunkCount
    self.microbatches = microbatches
    added = Array(repeating: 0, count: chunkCount)
    adding = Array(repeating: nil, count: chunkCount)
    early = Array(repeating: [:], count: chunkCount)
    arrived = Array(repeating: ChunkSet(), count: microbatches)
    wasComplete = Array(repeating: false, count: microbatches)
    additions = Array(repeating: 0, count: microbatches)
  }

  var isComplete: Bool { firstIncomplete == microbatches }

  /// The chunks of the microbatch that have come.
  func chunks(of microbatch: Int) -> ChunkSet { arrived[microbatch] }

  /// Whether every chunk of the microbatch has come.
  func hasAll(of microbatch: Int) -> Bool { arrived[microbatch].count == chunkCount }

  /// Whether a chunk of the microbatch that comes now or later can still be early. When it cannot,
  /// it never will again: with its turn come, whatever comes of it is due or a duplicate; and so it
  /// is once all of its chunks have come, for what is rejected afterwards was due.
  func canBeEarly(_ microbatch: Int) -> Bool {
    microbatch > firstIncomplete && !wasComplete[microbatch]
  }

  /// Notes a chunk; `.due` means that the caller must add it and then call `confirm` or `reject`.
  mutating func arrive(_ chunk: ChunkIndex, of microbatch: Int, _ payload: EarlyChunk) -> Arrival {
    if arrived[microbatch].contains(chunk) { return .duplicate }
    arrived[microbatch].insert(chunk)
    if hasAll(of: microbatch) { wasComplete[microbatch] = true }
    if microbatch == added[chunk.index] {
      adding[chunk.index] = payload.lease
      return .due
    }
    early[chunk.index][microbatch] = payload
    earlyBytes += payload.payload.count
    return .early
  }

  /// Whether the addition of a chunk that came by a lease was ordered and nothing came of it yet.
  func isAdding(_ chunk: ChunkIndex, by lease: LeaseID) -> Bool {
    chunk.index < chunkCount && adding[chunk.index] == lease
  }

  /// The addition that was due has been made. Returns the next one if it is here already.
  mutating func confirm(_ chunk: ChunkIndex) -> (microbatch: Int, EarlyChunk)? {
    let c = chunk.index
    precondition(adding[c] != nil)
    additions[added[c]] += 1
    added[c] += 1
    adding[c] = nil
    while !isComplete && additions[firstIncomplete] == chunkCount { firstIncomplete += 1 }
    guard let next = early[c].removeValue(forKey: added[c]) else { return nil }
    earlyBytes -= next.payload.count
    adding[c] = next.lease
    return (added[c], next)
  }

  /// The addition that was due could not be made: the chunk is as if it had never come.
  mutating func reject(_ chunk: ChunkIndex) {
    let c = chunk.index
    precondition(adding[c] != nil)
    adding[c] = nil
    arrived[added[c]].remove(chunk)
  }
}
