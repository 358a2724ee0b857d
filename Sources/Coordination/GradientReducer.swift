// The sum of one step's gradients as it grows: whose turn it is, what came early, and how much each
// lease may send. Bookkeeping only; the sum itself is elsewhere. Not here: who computes what and
// until when (LeaseBook).
//
// Every credit is a promise of room for a chunk that may turn out early. Promises are made only
// while what is held early and what was promised, each at its largest, fit `bufferBytes` together;
// so what is held never passes it, whatever workers come and go. Where nothing can be early any
// more, as with the microbatch whose turn it is, credit needs no room: that microbatch can always
// move, and its turn passes to the next.

import Basics

struct GradientReducer: Sendable {
  /// What bounds the chunks on their way and those that wait.
  struct Limits: Sendable {
    /// Chunks in flight for each lease.
    let window: Int
    /// What an encoded chunk takes at most.
    let chunkBytes: Int
    /// For chunks that came early, in bytes.
    let bufferBytes: Int
  }

  /// What a lease has still to send.
  private struct Supply: Sendable {
    let microbatch: Int
    let worker: WorkerID
    /// Those that were not there when the lease was given.
    var chunksToCome: Int
    /// Of these, how many it may send now.
    var credit = 0
  }

  /// More that a lease may send.
  struct Grant: Equatable, Sendable {
    let lease: LeaseID
    let worker: WorkerID
    let chunks: Int
  }

  /// What becomes of a chunk that came.
  enum Reception: Equatable, Sendable {
    /// Its turn has come: add it, then call `confirm` or `reject`.
    case due
    /// Kept until its turn comes.
    case early
    /// It is here already.
    case duplicate
    /// The model has fewer chunks.
    case beyondModel
    /// It takes more bytes than any chunk can.
    case tooLarge
    /// Its lease was not allowed to send it.
    case withoutCredit
  }

  private let limits: Limits
  private var ledger: ReductionLedger
  private var supplies: [LeaseID: Supply] = [:]

  init(chunkCount: Int, microbatches: Int, _ limits: Limits) {
    self.limits = limits
    ledger = ReductionLedger(chunkCount: chunkCount, microbatches: microbatches)
  }

  var chunkCount: Int { ledger.chunkCount }
  var microbatches: Int { ledger.microbatches }

  /// Whether every chunk of every microbatch was added.
  var isComplete: Bool { ledger.isComplete }

  /// Bytes that wait for their turn.
  var heldBytes: Int { ledger.earlyBytes }

  /// The chunks of the microbatch that have come.
  func chunks(of microbatch: Int) -> ChunkSet { ledger.chunks(of: microbatch) }

  /// Whether every chunk of the microbatch has come.
  func hasAll(of microbatch: Int) -> Bool { ledger.hasAll(of: microbatch) }

  // MARK: - Chunks

  /// Notes a chunk that came by an open lease.
  mutating func receive(
    _ chunk: ChunkIndex, _ payload: [UInt8], of microbatch: Int, by lease: LeaseID,
    from worker: WorkerID
  ) -> Reception {
    guard chunk.index < chunkCount else { return .beyondModel }
    guard payload.count <= limits.chunkBytes else { return .tooLarge }
    guard let supply = supplies[lease], supply.credit > 0 else { return .withoutCredit }
    supplies[lease]?.credit -= 1
    supplies[lease]?.chunksToCome -= 1
    let early = EarlyChunk(payload: payload, lease: lease, worker: worker)
    switch ledger.arrive(chunk, of: microbatch, early) {
    case .due: return .due
    case .early: return .early
    case .duplicate: return .duplicate
    }
  }

  /// Whether an addition is awaited, and not one of work that was given up since.
  func isAdding(_ chunk: ChunkIndex, by lease: LeaseID) -> Bool {
    ledger.isAdding(chunk, by: lease)
  }

  /// The addition that was due has been made. Returns the next one if it is here already.
  mutating func confirm(_ chunk: ChunkIndex) -> (microbatch: Int, EarlyChunk)? {
    ledger.confirm(chunk)
  }

  /// The addition that was due could not be made: the chunk is as if it had never come.
  mutating func reject(_ chunk: ChunkIndex) { ledger.reject(chunk) }

  // MARK: - Credit

  /// A lease of a microbatch begins.
  /// - Returns: the credit that it begins with.
  mutating func open(_ lease: LeaseID, of microbatch: Int, to worker: WorkerID) -> Int {
    var room = freeRoom
    var supply = Supply(
      microbatch: microbatch, worker: worker,
      chunksToCome: chunkCount - chunks(of: microbatch).count)
    supply.credit = grant(to: supply, within: &room)
    supplies[lease] = supply
    return supply.credit
  }

  /// A lease is over: what was promised to it goes to others.
  mutating func close(_ lease: LeaseID) { supplies[lease] = nil }

  /// Lets the leases send on for which there is room, the earliest microbatches first.
  mutating func grantCredit() -> [Grant] {
    let wanting = inOrder { wish(of: $0) > 0 }
    if wanting.isEmpty { return [] }
    var room = freeRoom
    return wanting.compactMap { lease, supply in
      let chunks = grant(to: supply, within: &room)
      if chunks == 0 { return nil }
      supplies[lease]?.credit += chunks
      return Grant(lease: lease, worker: supply.worker, chunks: chunks)
    }
  }

  /// Leases that can send nothing until an earlier microbatch makes room for it, the earliest
  /// microbatches first.
  var withheld: [LeaseID] {
    inOrder { $0.credit == 0 && $0.chunksToCome > 0 && canBeEarly($0) }.map(\.0)
  }

  private func inOrder(where isMeant: (Supply) -> Bool) -> [(LeaseID, Supply)] {
    var found: [(LeaseID, Supply)] = []
    for (lease, supply) in supplies where isMeant(supply) { found.append((lease, supply)) }
    return found.sorted { ($0.1.microbatch, $0.0) < ($1.1.microbatch, $1.0) }
  }

  /// - Parameter room: chunks that can still be promised; becomes smaller by what the lease takes
  ///   of it.
  private func grant(to supply: Supply, within room: inout Int) -> Int {
    let wish = wish(of: supply)
    guard canBeEarly(supply) else { return wish }
    let granted = min(wish, room)
    room -= granted
    return granted
  }

  /// Chunks that the lease would send on; said in portions of half a window, or with its last.
  private func wish(of supply: Supply) -> Int {
    let wish = min(limits.window, supply.chunksToCome) - supply.credit
    let portion = min(max(1, limits.window / 2), supply.chunksToCome - supply.credit)
    return wish >= portion ? wish : 0
  }

  /// Chunks, each at its largest, that the buffer has room for beside what it holds and what was
  /// promised.
  private var freeRoom: Int {
    let promised = supplies.values.reduce(0) { $0 + (canBeEarly($1) ? $1.credit : 0) }
    return max(0, (limits.bufferBytes - heldBytes) / limits.chunkBytes - promised)
  }

  private func canBeEarly(_ supply: Supply) -> Bool { ledger.canBeEarly(supply.microbatch) }
}
