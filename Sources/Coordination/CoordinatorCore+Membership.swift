// Who takes part: joining, catching up with the replica, leaving.

import Basics
import Wire

/// A worker that was welcomed.
struct Member: Sendable {
  enum State: Hashable, Sendable {
    /// Fetching the replica. Exits: `.idle` when it holds the current step's.
    case catchingUp
    /// Holds the current replica. Exits: `.working` with a lease; `.catchingUp` when a step is published.
    case idle
    /// Exits: `.idle` when the lease is done or returned; `.catchingUp` when a step is published.
    case working(LeaseID)
  }

  let name: String
  let nonce: UInt64
  let threads: Int
  /// Without those that it found unreadable.
  var shards: Set<ShardID>
  var state: State
  var session: Session
  /// Whether a committed step holds a microbatch or an evaluation that this process reported, over this connection or
  /// the one before it.
  var isProven: Bool
  /// Requests that came while a step was on its way to the disk: they are answered when it may be told.
  var deferred: [ChunkRequest] = []
  var lastHeard: Instant
}

extension CoordinatorCore {
  /// Processes whose refusal is remembered.
  static let refusalMemory = 4096

  mutating func join(
    _ worker: WorkerID, _ hello: WorkerHello, session number: UInt32, at now: Instant
  ) {
    var session = Session(number: number)
    _ = session.receive(0)
    if let refusal = refusal(of: hello) ?? wantOfRoom(for: hello) {
      let detail = refusal.detail.map { " (\($0))" } ?? ""
      log(.warning, "refused \(hello.workerName): \(refusal.reason)\(detail)")
      let answer = CoordinatorMessage.refuse(reason: refusal.reason)
      commands.append(.send(Stamped(stamp: session.stamp(), message: answer), to: worker))
      return
    }
    let isProven = members.values.contains { $0.nonce == hello.processNonce && $0.isProven }
    for known in members.keys.sorted() where members[known]!.nonce == hello.processNonce {
      // A greeting that a later one has overtaken.
      if members[known]!.session.number >= number { return }
      // The same process over a new connection: the old one is void.
      if known != worker {
        removeMember(known, because: "it came back over another connection", at: now)
      }
    }
    // Over the same one: what it had open is void.
    dropLeases(of: worker)
    members[worker] = Member(
      name: hello.workerName, nonce: hello.processNonce, threads: Int(hello.threads),
      shards: Set(hello.heldShards.filter { $0.index < settings.shardCount }), state: .catchingUp,
      session: session, isProven: isProven, lastHeard: now)
    send(
      .welcome(
        worker,
        Welcome(
          runIdentity: settings.runIdentity, configurationYAML: settings.configurationYAML,
          parameterCount: UInt64(settings.parameterCount), step: step, digest: position.digest,
          heartbeatInterval: settings.heartbeatInterval,
          heartbeatTimeout: settings.heartbeatTimeout, window: UInt32(settings.window))),
      to: worker)
    log(.info, "\(hello.workerName) joined at step \(step) (\(membersText))")
    event("joined", worker, "\(hello.threads) threads")
  }

  /// Why a worker cannot take part. It is told the reason, in which nothing of the run is but what it said itself: a
  /// stranger must not learn from it how to join. The log has the rest.
  private struct Refusal {
    let reason: String
    var detail: String?
  }

  /// Nil when a worker can take part.
  private func refusal(of hello: WorkerHello) -> Refusal? {
    if let reason = refused[hello.processNonce] { return Refusal(reason: reason) }
    if hello.protocolVersion != WireProtocol.version {
      return Refusal(
        reason: "it speaks version \(hello.protocolVersion) of the protocol and this coordinator "
          + "another; install the same release of Terrane on both",
        detail: "this coordinator's is \(WireProtocol.version)")
    }
    if let identity = hello.runIdentity, identity != settings.runIdentity {
      return Refusal(
        reason:
          "it belongs to run \(identity) and this is another; start the worker anew to join it",
        detail: "this is run \(settings.runIdentity)")
    }
    if hello.datasetDigest != settings.datasetDigest {
      return Refusal(
        reason: "its dataset is not this run's; copy dataset.json and the shards from where they "
          + "were ingested",
        detail: "digest \(hello.datasetDigest), this run's \(settings.datasetDigest)")
    }
    if hello.arithmetic != settings.arithmetic {
      return Refusal(
        reason: "its arithmetic is version \(hello.arithmetic) and this run's is another, which "
          + "gives other bits; install the same release of Terrane on both",
        detail: "this run's is \(settings.arithmetic)")
    }
    return nil
  }

  /// Why one more cannot take part; nil when it can, or takes part already.
  private func wantOfRoom(for hello: WorkerHello) -> Refusal? {
    guard let limit = settings.memberLimit, members.count >= limit.count,
      !members.values.contains(where: { $0.nonce == hello.processNonce })
    else { return nil }
    return Refusal(
      reason: "this coordinator has room for \(limit.count) workers at a time: \(limit.reason)")
  }

  mutating func answer(_ requests: [ChunkRequest], of worker: WorkerID) {
    let chunkCount = work.ledger.chunkCount
    for request in requests {
      guard request.chunk.index < chunkCount, request.have ?? step <= step else {
        return refuseMember(
          worker,
          "it asked for chunk \(request.chunk) of \(chunkCount) from step "
            + "\(request.have ?? step), and this is step \(step)")
      }
      guard !isStepUncommitted else {
        // Who is honest has no more than a window of them.
        if members[worker]!.deferred.count < settings.window {
          members[worker]!.deferred.append(request)
        }
        continue
      }
      commands.append(
        .sendReplicaChunk(
          request.chunk, have: request.have, to: worker, members[worker]!.session.stamp()))
    }
  }

  /// The tensors are ahead of what may be told.
  private var isStepUncommitted: Bool {
    switch phase {
    case .updating, .committing: true
    case .collecting, .measuring, .closing, .ended: false
    }
  }

  private var isClosing: Bool {
    if case .closing = phase { true } else { false }
  }

  mutating func answerDeferred(of worker: WorkerID) {
    let requests = members[worker]!.deferred
    members[worker]!.deferred = []
    answer(requests, of: worker)
  }

  mutating func didSync(_ worker: WorkerID, to heldStep: Step, at now: Instant) {
    // An older step: the news of the current one is on its way to it.
    guard heldStep == step, members[worker]!.state == .catchingUp else { return }
    members[worker]!.state = .idle
    assignLeases(at: now)
  }

  /// Forgets a worker; what it had open goes to others.
  mutating func removeMember(_ worker: WorkerID, because reason: String, at now: Instant) {
    guard let member = members[worker] else { return }
    event("left", worker, reason)
    let open = release(worker)
    let returned = open == 0 ? "" : "; its lease goes to others"
    // While the last checkpoint is written nobody is needed any more.
    log(
      isClosing ? .info : .warning,
      "\(member.name) is gone: \(reason)\(returned) (\(membersText))")
    commands.append(.forget(worker))
    assignLeases(at: now)
  }

  /// Refuses a worker that does what no sound worker does.
  mutating func refuseMember(_ worker: WorkerID, _ reason: String) {
    guard let member = members[worker] else { return }
    log(.error, "refused \(member.name) at step \(step): \(reason)")
    event("refused", worker, reason)
    send(.refuse(reason: reason), to: worker)
    if refused.count < Self.refusalMemory { refused[member.nonce] = reason }
    release(worker)
    commands.append(.forget(worker))
  }

  /// - Returns: how many leases it had.
  @discardableResult
  private mutating func release(_ worker: WorkerID) -> Int {
    for shard in members[worker]!.shards { lastHolders[shard] = members[worker]!.name }
    members[worker] = nil
    deadlines.forget(worker)
    pace.forget(worker)
    return dropLeases(of: worker)
  }

  private var membersText: String { HumanFormat.counted(members.count, "worker") }

  /// - Returns: how many it had.
  @discardableResult
  private mutating func dropLeases(of worker: WorkerID) -> Int {
    let open = work.leases.values.filter { $0.worker == worker }
    for lease in open { work.leases[lease.id] = nil }
    return open.count
  }
}
