// Who takes part: joining, catching up with the replica, leaving.

import Basics
import Wire

extension CoordinatorCore {
  mutating func join(
    _ worker: WorkerID, _ hello: WorkerHello, session number: UInt32, at now: Instant
  ) {
    var session = Session(number: number)
    _ = session.receive(0)
    if let refusal = refusal(of: hello) ?? wantOfRoom(for: hello) {
      let detail = refusal.detail.map { " (\($0))" } ?? ""
      log(.warning, "refused \(hello.workerName): \(refusal.reason)\(detail)")
      let answer = CoordinatorMessage.refuse(refusal.kind, reason: refusal.reason)
      return order(.send(Stamped(stamp: session.stamp(), message: answer), to: worker))
    }
    let earlier = roster.members.filter { $0.value.nonce == hello.processNonce }
    // A greeting that a later one has overtaken.
    if earlier.values.contains(where: { $0.session.number >= number }) { return }
    // The same process over a new connection: the old one is void.
    for known in earlier.keys.sorted() where known != worker {
      removeMember(known, because: "it came back over another connection")
    }
    // Over the same one: what it had open is void.
    dropLeases(of: worker)
    let versions = hello.versions
    let place = versions.firstIndex { $0.digest == settings.datasetDigest } ?? 0
    let member = Member(
      name: hello.workerName, nonce: hello.processNonce, threads: Int(hello.threads),
      shards: Set(versions[place].heldShards.filter { $0.index < settings.shardCount }),
      state: .catchingUp,
      session: session, isProven: earlier.values.contains(where: \.isProven), lastHeard: now)
    roster.admit(member, as: worker)
    let welcome = Welcome(
      runIdentity: settings.runIdentity, configurationYAML: settings.configurationYAML,
      parameterCount: UInt64(settings.parameterCount), step: step, digest: position.digest,
      heartbeatInterval: settings.heartbeatInterval, heartbeatTimeout: settings.heartbeatTimeout,
      window: UInt32(settings.window), datasetVersion: UInt32(place))
    send(.welcome(worker, welcome), to: worker)
    log(.info, "\(hello.workerName) joined at step \(step) (\(membersText))")
    event(.joined, worker, HumanFormat.counted(Int(hello.threads), "thread"))
    warnOfIdleWorkers()
  }

  /// Said when one more worker has come than a step has microbatches.
  private mutating func warnOfIdleWorkers() {
    let most = settings.plan.microbatchesPerStep
    guard roster.count == most + 1 else { return }
    log(
      .warning,
      "there are more workers than a step has microbatches (training.microbatchesPerStep is \(most)): "
        + "the others only wait, or take over what is lost; a new run can have more of them")
  }

  /// Nil when a worker can take part.
  private func refusal(of hello: WorkerHello) -> Refusal? {
    if let earlier = roster.refusal(of: hello.processNonce) { return earlier }
    if hello.protocolVersion != WireProtocol.version {
      return Refusal(
        kind: .unfit,
        reason: "it speaks version \(hello.protocolVersion) of the protocol and this coordinator "
          + "another; install the same release of Terrane on both",
        detail: "this coordinator's is \(WireProtocol.version)")
    }
    if let identity = hello.runIdentity, identity != settings.runIdentity {
      return Refusal(
        kind: .unfit,
        reason:
          "it belongs to run \(identity) and this is another; start the worker anew to join it",
        detail: "this is run \(settings.runIdentity)")
    }
    if !hello.versions.contains(where: { $0.digest == settings.datasetDigest }) {
      return Refusal(
        kind: .unfit,
        reason: "its dataset is not this run's; copy dataset.json and the shards from where they "
          + "were ingested",
        detail: "digest \(hello.datasetDigest), this run's \(settings.datasetDigest)")
    }
    if hello.arithmetic != settings.arithmetic {
      return Refusal(
        kind: .unfit,
        reason: "its arithmetic is version \(hello.arithmetic) and this run's is another, which "
          + "gives other bits; install the same release of Terrane on both",
        detail: "this run's is \(settings.arithmetic)")
    }
    return nil
  }

  /// Why one more cannot take part; nil when it can, or takes part already.
  private func wantOfRoom(for hello: WorkerHello) -> Refusal? {
    guard let limit = settings.memberLimit, roster.count >= limit.count,
      !roster.members.values.contains(where: { $0.nonce == hello.processNonce })
    else { return nil }
    return Refusal(
      kind: .unfit,
      reason: "this coordinator has room for \(limit.count) workers at a time: \(limit.reason)")
  }

  mutating func answer(_ requests: [ChunkRequest], of worker: WorkerID) {
    let chunkCount = reducer.chunkCount
    for request in requests {
      guard request.chunk.index < chunkCount, request.have ?? step <= step else {
        return refuse(
          worker, .misconduct,
          "it asked for chunk \(request.chunk) of \(chunkCount) from step "
            + "\(request.have ?? step), and this is step \(step)")
      }
      let (isUncommitted, window) = (isStepUncommitted, settings.window)
      let stamp = roster.update(worker) { member -> SessionStamp? in
        if !isUncommitted { return member.session.stamp() }
        // Who is honest has no more than a window of them.
        if member.deferred.count < window { member.deferred.append(request) }
        return nil
      }
      if let stamp = stamp ?? nil {
        order(.sendReplicaChunk(request.chunk, have: request.have, to: worker, stamp))
      }
    }
  }

  /// The tensors are ahead of what may be told.
  private var isStepUncommitted: Bool {
    switch state {
    case .updating, .committing: true
    case .collecting, .measuring, .digesting, .closing, .ended: false
    }
  }

  private var isClosing: Bool {
    if case .closing = state { true } else { false }
  }

  mutating func answerDeferred(of worker: WorkerID) {
    let requests = roster.update(worker) { member in
      defer { member.deferred = [] }
      return member.deferred
    }
    answer(requests ?? [], of: worker)
  }

  mutating func didSync(_ worker: WorkerID, to heldStep: Step) {
    // An older step: the news of the current one is on its way to it.
    guard heldStep == step else { return }
    roster.update(worker) { if $0.state == .catchingUp { $0.state = .idle } }
  }

  /// Forgets a worker; what it had open goes to others.
  mutating func removeMember(_ worker: WorkerID, because reason: String) {
    guard let member = roster[worker] else { return }
    event(.left, worker, reason)
    let open = release(worker)
    let returned = open == 0 ? "" : "; its lease goes to others"
    // While the last checkpoint is written nobody is needed any more.
    log(
      isClosing ? .info : .warning,
      "\(member.name) is gone: \(reason)\(returned) (\(membersText))")
    order(.forget(worker))
  }

  /// Refuses a member for good: it does what no sound worker does.
  mutating func refuse(_ worker: WorkerID, _ kind: RefusalKind, _ reason: String) {
    guard let member = roster[worker] else { return }
    log(.error, "refused \(member.name) at step \(step): \(reason)")
    event(.refused, worker, reason)
    send(.refuse(kind, reason: reason), to: worker)
    roster.bar(member.nonce, because: Refusal(kind: kind, reason: reason))
    release(worker)
    order(.forget(worker))
  }

  /// - Returns: how many leases it had.
  @discardableResult
  private mutating func release(_ worker: WorkerID) -> Int {
    roster.remove(worker)
    leases.forget(worker)
    return dropLeases(of: worker)
  }

  /// Whether any worker is there.
  package var hasMembers: Bool { roster.count > 0 }

  private var membersText: String { HumanFormat.counted(roster.count, "worker") }

  /// - Returns: how many it had.
  @discardableResult
  private mutating func dropLeases(of worker: WorkerID) -> Int {
    let open = leases.of(worker)
    for lease in open { close(lease.id) }
    return open.count
  }
}
