// A worker as a pure state machine: it greets, fetches the replica, computes what it is leased, and
// waits for a coordinator that went away. It holds no parameters and touches no socket, file,
// thread or clock.

import Basics
import Wire

/// The worker's decisions. Each facet is an extension of its own.
package struct WorkerCore: Sendable {
  package let settings: WorkerSettings
  private(set) var state: WorkerState
  /// Nil until the first welcome.
  var run: JoinedRun?
  /// The newest greeting's.
  var session = Session(number: 0)
  /// The run's, once one has welcomed this worker; before, the newest that is here.
  package private(set) var datasetDigest: Digest
  /// Without those that turned out unreadable.
  var heldShards: [ShardID]
  /// What else could be the run's; nothing after the first welcome.
  private(set) var earlierVersions: [DatasetVersion]
  /// The newest computation that came to its end. Its report may have been lost with its session;
  /// what came before it was not, for a lease follows what was done.
  private(set) var newestWork: FinishedWork?
  /// The step that was said to be held in this session.
  var announced: Step?
  private(set) var isConnected = false
  /// Nil for as long as the run.
  var stay: Stay?
  /// Why the coordinator stopped, until it is back.
  var stopReason: String?
  /// Why there is no connection, as far as that is known.
  var troubles: [String] = []
  var lastGreeting: Instant?
  private var lastHeard: Instant
  private var lastTick: Instant
  var lastHeartbeat: Instant
  private var commands: [WorkerCommand] = []

  /// Between greetings while a coordinator is there and does not answer.
  static let greetingInterval: Duration = .seconds(5)

  /// A worker that has not found a coordinator.
  package init(settings: WorkerSettings, now: Instant) {
    self.settings = settings
    state = .greeting(since: now)
    datasetDigest = settings.datasetDigest
    heldShards = settings.heldShards
    earlierVersions = settings.earlierVersions
    stay = settings.leavesAt.map(Stay.init(until:))
    lastHeard = now
    lastHeartbeat = now
    lastTick = now
  }

  package var hasEnded: Bool { if case .ended = state { true } else { false } }

  /// Chunks of a gradient that wait for credit.
  package var queuedChunks: Int {
    if case .computing(let computation) = state { computation.push.queuedChunks } else { 0 }
  }

  /// The lease that is being computed, wanted or not.
  var leaseUnderWay: Lease? {
    switch state {
    case .computing(let computation): computation.lease
    case .abandoning(let lease, _): lease
    case .greeting, .preparing, .syncing, .idle, .ended: nil
    }
  }

  /// Takes in what happened.
  /// - Returns: what is to be done now, in this order.
  package mutating func handle(_ event: WorkerEvent, at now: Instant) -> [WorkerCommand] {
    commands.removeAll(keepingCapacity: true)
    if hasEnded { return [] }
    switch event {
    case .message(let stamped):
      receive(stamped, at: now)
    case .connected:
      isConnected = true
      troubles = []
      lastGreeting = nil
      greetIfDue(at: now)
    case .disconnected:
      isConnected = false
      loseCoordinator("the connection to the coordinator closed", at: now)
    case .troubled(let trouble):
      note(trouble, at: now)
    case .prepared:
      guard case .preparing = state else { break }
      enter(.syncing)
      requestChunks(at: now)
    case .preparationFailed(let reason):
      send(.goodbye(reason: reason))
      end(.failed, reason)
    case .replicaChunkApplied(let chunk, let step, let digest):
      run?.replica.applied(chunk, step, digest)
      continueSync(at: now)
    case .replicaChunkRefused(let chunk, let reason):
      refuseReplica(chunk, reason, at: now)
    case .gradientChunk(let lease, let chunk, let payload):
      let chunk = EncodedChunk(chunk: chunk, payload: payload)
      updateComputation(lease) { if !$0.isCancelled { $0.push.append(chunk) } }
      sendGradient(at: now)
    case .workDone(let lease, let report):
      didFinish(lease, report, at: now)
    case .workStopped(let lease):
      stopped(lease, at: now)
    case .shardUnreadable(let lease, let reason):
      giveUpShard(of: lease, reason, at: now)
    case .shortage(let lease, let reason):
      endForWant(lease, reason)
    case .stopRequested:
      leave(because: "it was asked to stop", saying: "stopped on request")
    case .tick:
      tick(at: now)
    }
    return commands
  }

  private mutating func receive(_ stamped: Stamped<CoordinatorMessage>, at now: Instant) {
    // An earlier session's: what it says was meant for who this worker was then.
    guard stamped.stamp.session == session.number else { return }
    if case .refuse(.greetAnew, let reason) = stamped.message {
      return loseCoordinator("the coordinator asks for a new greeting: \(reason)", at: now)
    }
    switch session.receive(stamped.stamp.sequence) {
    case .repeated:
      return
    case .gap:
      loseCoordinator("messages of the coordinator were lost on the way", at: now)
    case .inOrder:
      lastHeard = now
      act(on: stamped.message, at: now)
    }
  }

  private mutating func act(on message: CoordinatorMessage, at now: Instant) {
    switch message {
    case .welcome(_, let welcome):
      accept(welcome, at: now)
    case .refuse(_, let reason):
      end(.refused, "the coordinator refused this worker: \(reason)")
    case .published(let step, let digest):
      run?.replica.publish(step, digest)
      continueSync(at: now)
    case .replicaChunk(let chunk, let from, let to, let payload):
      receive(chunk, from: from, to: to, payload)
    case .lease(let lease):
      begin(lease, at: now)
    case .cancel(let lease):
      cancel(lease, at: now)
    case .credit(let lease, let chunks):
      updateComputation(lease) { $0.push.allow(Int(chunks)) }
      sendGradient(at: now)
    case .heartbeat:
      break
    case .stop(let reason, .interrupted) where settings.outlivesStops:
      stopReason = reason
      loseCoordinator("the coordinator has ended: \(reason)", at: now)
    case .stop(let reason, let kind):
      end(kind, reason)
    }
  }

  private mutating func tick(at now: Instant) {
    // When this process itself was away, what was said meanwhile has not been read yet.
    if now - lastTick > Self.greetingInterval { lastHeard = now }
    lastTick = now
    if let stay, stay.isOver(at: now) { return leaveInTime() }
    switch state {
    case .greeting(let since):
      if now - since > settings.coordinatorTimeout {
        return giveUpWaiting()
      }
      greetIfDue(at: now)
    case .preparing, .abandoning, .ended:
      break
    case .syncing, .idle, .computing:
      if now - lastHeard > settings.coordinatorTimeout {
        return loseCoordinator("the coordinator has been silent too long", at: now)
      }
      if let run, now - lastHeartbeat >= run.heartbeatInterval {
        lastHeartbeat = now
        send(.heartbeat(step: run.replica.heldStep))
      }
      requestChunks(at: now)
    }
  }

  // MARK: - Changes of state

  /// Goes over to another state.
  mutating func enter(_ next: WorkerState) { state = next }

  /// Changes the computation in its place, if it is that of the lease.
  /// - Returns: what the change gives; nil when nothing of that lease is being computed.
  @discardableResult
  mutating func updateComputation<Result>(
    _ lease: LeaseID, _ change: (inout Computation) -> Result
  ) -> Result? {
    guard case .computing(var computation) = state, computation.lease.id == lease else {
      return nil
    }
    // Not held twice, or its queue would be copied.
    state = .idle
    defer { state = .computing(computation) }
    return change(&computation)
  }

  /// A computation has come to its end, whether it is still wanted or not.
  mutating func keep(_ work: FinishedWork) { newestWork = work }

  /// Settles on a version of the dataset, by its place in the greeting.
  /// - Returns: whether the greeting named so many.
  mutating func settle(onVersion place: UInt32) -> Bool {
    defer { earlierVersions = [] }
    if place == 0 { return true }
    guard place <= earlierVersions.count else { return false }
    let version = earlierVersions[Int(place) - 1]
    (datasetDigest, heldShards) = (version.digest, version.heldShards)
    return true
  }

  // MARK: - Small words used by every facet

  mutating func order(_ command: WorkerCommand) { commands.append(command) }

  /// In the session at hand.
  mutating func send(_ message: WorkerMessage) {
    order(.send(Stamped(stamp: session.stamp(), message: message)))
  }

  mutating func log(_ level: LogLevel, _ text: String) { order(.log(level, text)) }

  mutating func end(_ kind: WorkerEnding.Kind, _ reason: String) {
    enter(.ended)
    order(.end(WorkerEnding(kind, reason: reason)))
  }

  private mutating func end(_ kind: StopKind, _ reason: String) {
    switch kind {
    case .finished: end(.runFinished, "the run has ended: \(reason)")
    case .interrupted: end(.coordinatorStopped, "the coordinator has ended: \(reason)")
    case .error: end(.coordinatorFailed, "the run has ended: \(reason)")
    case .diverged: end(.runDiverged, "the run has ended: \(reason)")
    }
  }
}
