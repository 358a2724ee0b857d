// Computing what is leased and pushing what comes of it.

import Basics
import Wire

extension WorkerCore {
  mutating func begin(_ lease: Lease, at now: Instant) {
    guard case .idle = state, lease.step == run?.replica.target else {
      return giveBack(lease.id, "not ready for step \(lease.step)")
    }
    if let stay, !stay.suffices(for: lease, at: now) {
      giveBack(lease.id, "it would not be done in this worker's time")
      return leaveInTime()
    }
    stay?.began(lease, at: now)
    var computation = Computation(lease)
    if let known = newestWork, known.session != session.number, known.report.isFinite,
      isAnswered(lease, by: known.lease)
    {
      // It was lost with an earlier session, and nothing else is missing. What is not finite is
      // computed a second time: the coordinator takes the answer for another computation.
      computation.push.finish(known.report, at: now)
      enter(.computing(computation))
      return sendGradient(at: now)
    }
    enter(.computing(computation))
    order(.start(lease))
  }

  /// Whether what was reported for an earlier lease is all that this one asks for.
  private func isAnswered(_ lease: Lease, by earlier: Lease) -> Bool {
    if lease.kind == .train && lease.held.count < run?.replica.chunkCount ?? 0 { return false }
    return lease.step == earlier.step && lease.kind == earlier.kind
      && lease.microbatch == earlier.microbatch && lease.shard == earlier.shard
      && lease.bounds == earlier.bounds
  }

  /// Sends what credit allows and, with the last of it, the report.
  mutating func sendGradient(at now: Instant) {
    guard let lease = wantedLease, let next = updateComputation(lease, { $0.push.next(at: now) })
    else { return }
    for chunk in next.chunks {
      send(.gradientChunk(lease: lease, chunk: chunk.chunk, payload: chunk.payload))
    }
    guard let report = next.report else { return }
    send(.leaseDone(lease: lease, report))
    stay?.finished(at: now)
    enter(.idle)
    continueSync(at: now)
  }

  /// The lease whose gradient goes to the coordinator.
  private var wantedLease: LeaseID? {
    guard case .computing(let computation) = state, !computation.isCancelled else { return nil }
    return computation.lease.id
  }

  /// The computation has come to its end.
  mutating func didFinish(_ id: LeaseID, _ report: WorkReport, at now: Instant) {
    if let lease = leaseUnderWay, lease.id == id {
      keep(FinishedWork(lease: lease, report: report, session: session.number))
    }
    let isWanted = updateComputation(id) { computation in
      if !computation.isCancelled { computation.push.finish(report, at: now) }
      return !computation.isCancelled
    }
    if isWanted == true {
      sendGradient(at: now)
    } else {
      stopped(id, at: now)
    }
  }

  /// The coordinator wants the lease no more.
  mutating func cancel(_ lease: LeaseID, at now: Instant) {
    let isComputed = updateComputation(lease) { computation in
      computation.isCancelled = true
      return computation.push.isComputed
    }
    switch isComputed {
    case true?: stopped(lease, at: now)
    case false?: order(.cancelWork(lease))
    case nil: return
    }
  }

  /// The computation has come to rest before its end.
  mutating func stopped(_ lease: LeaseID, at now: Instant) {
    switch state {
    case .computing(let computation) where computation.lease.id == lease:
      giveBack(lease, "cancelled")
      enter(.idle)
      continueSync(at: now)
    case .abandoning(let abandoned, let since) where abandoned.id == lease:
      enter(.greeting(since: since))
      greetIfDue(at: now)
    default:
      return
    }
  }

  mutating func giveBack(_ lease: LeaseID, _ reason: String) {
    send(.leaseReturned(lease: lease, reason: reason, givesUpShard: false))
  }

  /// One shard less; the others go on.
  mutating func giveUpShard(of id: LeaseID, _ reason: String, at now: Instant) {
    guard let lease = leaseUnderWay, lease.id == id else { return }
    heldShards.removeAll { $0 == lease.shard }
    log(.error, "shard \(lease.shard) cannot be read and is given up: \(reason)")
    guard case .computing(let computation) = state, !computation.isCancelled else {
      return stopped(id, at: now)
    }
    send(.leaseReturned(lease: id, reason: reason, givesUpShard: true))
    if heldShards.isEmpty {
      send(.goodbye(reason: "none of its shards can be read"))
      return end(.failed, "none of this worker's shards can be read; the last: \(reason)")
    }
    enter(.idle)
    continueSync(at: now)
  }

  /// What this machine is short of may be there for another process of it, so it ends: whoever
  /// watches over it starts the next one.
  mutating func endForWant(_ lease: LeaseID, _ reason: String) {
    if case .computing(let computation) = state, computation.lease.id == lease {
      giveBack(lease, reason)
    }
    send(.goodbye(reason: reason))
    end(.failed, "this worker cannot go on: \(reason)")
  }
}
