// Gradients as they come, and who may send how much of them.
//
// Every credit is a promise of room for a chunk that may turn out early. Promises are made only while what is held
// early and what was promised, each at its largest, fit `bufferBytes` together; so what is held never passes it,
// whatever workers come and go. Where nothing can be early any more, as with the microbatch whose turn it is,
// credit needs no room: that microbatch can always move, and its turn passes to the next.

import Basics
import Wire

extension CoordinatorCore {
  mutating func receive(
    _ chunk: ChunkIndex, _ payload: [UInt8], _ lease: LeaseID, from worker: WorkerID
  ) {
    // A lease of an earlier step, or one that was cancelled: too late to matter.
    guard let open = work.leases[lease] else { return }
    guard open.worker == worker, case .train(let microbatch) = open.item else {
      return refuseMember(worker, "it sent a gradient for lease \(lease), which is not its own")
    }
    guard chunk.index < work.ledger.chunkCount else {
      return refuseMember(worker, "it sent chunk \(chunk) of \(work.ledger.chunkCount)")
    }
    guard payload.count <= settings.gradientChunkBytes else {
      return refuseMember(
        worker,
        "it sent a chunk of \(payload.count) bytes, and \(settings.gradientChunkBytes) are the most"
      )
    }
    guard open.credit > 0 else {
      return refuseMember(worker, "it sent more of lease \(lease) than it was allowed")
    }
    work.leases[lease]!.credit -= 1
    work.leases[lease]!.chunksToCome -= 1
    let arrival = EarlyChunk(payload: payload, lease: lease, worker: worker)
    let verdict = work.ledger.arrive(chunk, of: microbatch, arrival)
    if verdict == .duplicate { return }
    work.contributors[microbatch, default: [:]][worker] = members[worker]!.name
    if verdict == .due { reduce(chunk, of: microbatch, arrival) }
  }

  mutating func didReduce(_ chunk: ChunkIndex, of microbatch: Int, at now: Instant) {
    // What becomes of a gradient that was given up does not matter, and the step is being written already.
    if let (next, early) = work.ledger.confirm(chunk), !work.isGradientGivenUp {
      reduce(chunk, of: next, early)
    }
    completeStepIfDone(at: now)
  }

  private mutating func reduce(_ chunk: ChunkIndex, of microbatch: Int, _ arrival: EarlyChunk) {
    commands.append(
      .reduce(
        chunk, microbatch: microbatch,
        place: PlaceInSum(of: microbatch, among: work.ledger.microbatches),
        payload: arrival.payload, arrival.lease, from: arrival.worker))
  }

  // MARK: - Credit

  /// Lets the leases send on for which there is room, the earliest microbatches first.
  mutating func grantCredit() {
    let wanting = work.leases.values.filter { wish(of: $0) > 0 }
      .sorted { ($0.item, $0.id) < ($1.item, $1.id) }
    if wanting.isEmpty { return }
    var room = freeRoom
    for lease in wanting {
      let chunks = grant(to: lease, within: &room)
      if chunks == 0 { continue }
      work.leases[lease.id]!.credit += chunks
      send(.credit(lease: lease.id, chunks: UInt32(chunks)), to: lease.worker)
    }
  }

  /// The credit that a new lease begins with.
  func initialCredit(of lease: OpenLease) -> Int {
    var room = freeRoom
    return grant(to: lease, within: &room)
  }

  /// Whether a lease can send nothing until an earlier microbatch makes room for it.
  func isWithheld(_ lease: OpenLease) -> Bool {
    lease.credit == 0 && lease.chunksToCome > 0 && canBeEarly(lease)
  }

  /// - Parameter room: chunks that can still be promised; becomes smaller by what the lease takes of it.
  private func grant(to lease: OpenLease, within room: inout Int) -> Int {
    let wish = wish(of: lease)
    guard canBeEarly(lease) else { return wish }
    let granted = min(wish, room)
    room -= granted
    return granted
  }

  /// Chunks that the lease would send on; said in portions of half a window, or with its last.
  private func wish(of lease: OpenLease) -> Int {
    let wish = min(settings.window, lease.chunksToCome) - lease.credit
    let portion = min(max(1, settings.window / 2), lease.chunksToCome - lease.credit)
    return wish >= portion ? wish : 0
  }

  /// Chunks, each at its largest, that the buffer has room for beside what it holds and what was promised.
  private var freeRoom: Int {
    let promised = work.leases.values.reduce(0) { $0 + (canBeEarly($1) ? $1.credit : 0) }
    let free = settings.bufferBytes - work.ledger.earlyBytes
    return max(0, free / settings.gradientChunkBytes - promised)
  }

  private func canBeEarly(_ lease: OpenLease) -> Bool {
    guard case .train(let microbatch) = lease.item else { return false }
    return work.ledger.canBeEarly(microbatch)
  }
}
