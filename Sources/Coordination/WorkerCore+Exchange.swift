// Greeting, catching up, computing and pushing.

import Basics
import Wire

extension WorkerCore {
  // MARK: - The coordinator, found and lost

  mutating func greetIfDue(at now: Instant) {
    guard isConnected, case .greeting = phase else { return }
    if let last = lastGreeting, now - last < Self.greetingInterval { return }
    lastGreeting = now
    session = Session(number: session.number + 1)
    announced = nil
    send(
      .hello(
        WorkerHello(
          workerName: settings.name, processNonce: settings.processNonce,
          datasetDigest: settings.datasetDigest, heldShards: heldShards,
          threads: UInt32(settings.threads), arithmetic: settings.arithmetic,
          replica: replica?.heldStep, replicaDigest: replica?.heldDigest,
          runIdentity: welcome?.runIdentity ?? settings.runIdentity)))
  }

  mutating func accept(_ welcome: Welcome, at now: Instant) {
    guard case .greeting = phase else { return }
    let isFirst = self.welcome == nil
    self.welcome = welcome
    lastHeartbeat = now
    if isFirst {
      let grid = ChunkGrid(
        valueCount: Int(welcome.parameterCount), valuesPerChunk: settings.valuesPerChunk)
      replica = ReplicaSync(
        chunkCount: grid.chunkCount, window: Int(welcome.window), target: welcome.step,
        targetDigest: welcome.digest)
      phase = .preparing
      commands.append(.prepare(welcome))
    } else {
      log(.info, "the coordinator is back, at step \(welcome.step)")
      replica!.window = Int(welcome.window)
      replica!.forgetRequests()
      replica!.publish(welcome.step, welcome.digest)
      phase = .syncing
      continueSync(at: now)
    }
  }

  mutating func loseCoordinator(_ what: String, at now: Instant) {
    switch phase {
    case .greeting, .abandoning, .ended:
      return
    case .preparing:
      // Preparing goes on; the greeting starts when the memory is there and nobody answers.
      return
    case .computing where push?.report != nil:
      // Computed already; what was not pushed is lost with the lease.
      push = nil
      phase = .greeting(since: now)
    case .computing(let lease):
      commands.append(.cancelWork(lease))
      push = nil
      phase = .abandoning(lease, since: now)
    case .syncing, .idle:
      phase = .greeting(since: now)
    }
    lastGreeting = nil
    let seconds = Int(settings.coordinatorTimeout.seconds)
    log(.warning, "\(what); waiting up to \(seconds) s for it to come back")
    greetIfDue(at: now)
  }

  /// Of the newest so many is told at the end.
  private static let troubleMemory = 4

  mutating func note(_ trouble: String, at now: Instant) {
    troubles = troubles.filter { $0 != trouble }.suffix(Self.troubleMemory - 1) + [trouble]
    guard case .greeting(let since) = phase else { return log(.info, "\(trouble); trying again") }
    let left = max(0, Int((settings.coordinatorTimeout - (now - since)).seconds))
    log(.info, "\(trouble); trying for another \(left) s")
  }

  mutating func giveUpWaiting() {
    let seconds = Int(settings.coordinatorTimeout.seconds)
    let unknown =
      isConnected
      ? "what listens at its address took this worker's greeting and said nothing"
      : "its address has not answered at all"
    let reasons = troubles.isEmpty ? unknown : troubles.joined(separator: "; ")
    end(.gaveUpWaiting, "no coordinator answered within \(seconds) s; giving up: \(reasons)")
  }

  mutating func leave() {
    guard !isLeaving else { return }
    isLeaving = true
    if case .computing(let lease) = phase {
      commands.append(.cancelWork(lease))
      giveBack(lease, "this worker was asked to stop")
    }
    send(.goodbye(reason: "it was asked to stop"))
    end(.asked, "stopped on request")
  }

  // MARK: - The replica

  mutating func receive(_ chunk: ChunkIndex, from: Step?, to: Step, _ payload: [UInt8]) {
    // Parameters that are being computed with must not change.
    guard phase == .syncing, let replica, replica.isUseful(chunk, from: from, to: to)
    else { return }
    commands.append(.applyReplicaChunk(chunk, from: from, to: to, payload: payload))
  }

  /// Damage on the way goes away with another copy; what comes alike twice is what the coordinator has.
  mutating func refuseReplica(_ chunk: ChunkIndex, _ reason: String, at now: Instant) {
    switch replica?.refuse(chunk) {
    case .askAgain(let isFirst)?:
      if isFirst {
        log(.warning, "replica chunk \(chunk) cannot be taken: \(reason); asking for all of it")
      }
      continueSync(at: now)
    case .repeated?:
      let what = "replica chunk \(chunk) of step \(replica!.target) cannot be taken, twice"
      send(.goodbye(reason: what))
      end(.failed, "\(what): \(reason)")
    case nil:
      return
    }
  }

  mutating func continueSync(at now: Instant) {
    if phase == .idle { phase = .syncing }
    guard phase == .syncing, let replica else { return }
    switch replica.completeness {
    case .incomplete:
      requestChunks(at: now)
    case .equal:
      self.replica!.settle()
      phase = .idle
      // Once a session: that a lease is done or returned says the same.
      if announced != replica.target { send(.synced(replica.target)) }
      announced = replica.target
    case .different where replica.hasDiffered:
      send(.goodbye(reason: "its replica of step \(replica.target) is not equal"))
      end(
        .failed,
        "the replica of step \(replica.target) differs from the coordinator's even when fetched "
          + "whole; this machine's memory or the two programs' versions are to be doubted")
    case .different:
      log(.warning, "the replica of step \(replica.target) is not equal; fetching all of it")
      self.replica!.startOver()
      requestChunks(at: now)
    }
  }

  mutating func requestChunks(at now: Instant) {
    guard phase == .syncing, let requests = replica?.nextRequests(at: now), !requests.isEmpty
    else { return }
    send(.requestChunks(requests))
  }

  // MARK: - The work

  mutating func begin(_ lease: Lease, at now: Instant) {
    guard phase == .idle, lease.step == replica?.target else {
      let reason = "not ready for step \(lease.step)"
      giveBack(lease.id, reason)
      return
    }
    newestLease = lease
    push = GradientPush(lease: lease.id, credit: Int(lease.credit))
    phase = .computing(lease.id)
    if let known = newestReport, known.session != session.number, isAnswered(lease, by: known.lease)
    {
      // It was lost with an earlier session, and nothing else is missing.
      push!.report = known.report
      return sendGradient(at: now)
    }
    commands.append(.start(lease))
  }

  /// Whether what was reported for an earlier lease is all that this one asks for.
  private func isAnswered(_ lease: Lease, by earlier: Lease) -> Bool {
    if lease.kind == .train && lease.held.count < replica!.chunkCount { return false }
    return lease.step == earlier.step && lease.kind == earlier.kind
      && lease.microbatch == earlier.microbatch && lease.shard == earlier.shard
      && lease.bounds == earlier.bounds
  }

  mutating func sendGradient(at now: Instant) {
    guard var push, !push.isCancelled, phase == .computing(push.lease) else { return }
    let sendable = min(push.credit, push.queue.count)
    for (chunk, payload) in push.queue.prefix(sendable) {
      send(.gradientChunk(lease: push.lease, chunk: chunk, payload: payload))
    }
    push.queue.removeFirst(sendable)
    push.credit -= sendable
    if push.report != nil && push.reportedAt == nil { push.reportedAt = now }
    if push.queue.isEmpty, var report = push.report {
      report.phases.network = (now - push.reportedAt!).seconds
      send(.leaseDone(lease: push.lease, report))
      self.push = nil
      phase = .idle
      continueSync(at: now)
    } else {
      self.push = push
    }
  }

  /// The computation has come to rest before its end.
  mutating func stopped(_ lease: LeaseID, at now: Instant) {
    push = nil
    switch phase {
    case .computing(lease):
      giveBack(lease, "cancelled")
      phase = .idle
      continueSync(at: now)
    case .abandoning(lease, let since):
      phase = .greeting(since: since)
      greetIfDue(at: now)
    default:
      break
    }
  }

  private mutating func giveBack(_ lease: LeaseID, _ reason: String) {
    send(.leaseReturned(lease: lease, reason: reason, givesUpShard: false))
  }

  /// One shard less; the others go on.
  mutating func giveUpShard(of lease: LeaseID, _ reason: String, at now: Instant) {
    guard let shard = newestLease?.shard else { return }
    heldShards.removeAll { $0 == shard }
    log(.error, "shard \(shard) cannot be read and is given up: \(reason)")
    guard case .computing(lease) = phase, push?.isCancelled == false else {
      return stopped(lease, at: now)
    }
    push = nil
    send(.leaseReturned(lease: lease, reason: reason, givesUpShard: true))
    if heldShards.isEmpty {
      send(.goodbye(reason: "none of its shards can be read"))
      return end(.failed, "none of this worker's shards can be read; the last: \(reason)")
    }
    phase = .idle
    continueSync(at: now)
  }

  /// What this machine is short of may be there for another process of it, so it ends: whoever watches over it starts
  /// the next one.
  mutating func endForWant(_ lease: LeaseID, _ reason: String) {
    if case .computing(lease) = phase { giveBack(lease, reason) }
    push = nil
    send(.goodbye(reason: reason))
    end(.failed, "this worker cannot go on: \(reason)")
  }
}
