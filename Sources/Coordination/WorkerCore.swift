// A worker as a pure state machine: it greets, fetches the replica, computes what it is leased, and waits
// for a coordinator that went away. It holds no parameters and touches no socket, file, thread or clock.

import Basics
import Wire

/// What a worker says of itself, and how patient it is.
package struct WorkerSettings: Sendable {
  package var name: String
  package var processNonce: UInt64
  package var datasetDigest: Digest
  package var heldShards: [ShardID]
  package var threads: Int
  /// `Arithmetic.version` of this release.
  package var arithmetic: UInt32
  /// How long to wait for a coordinator, at the start and when it is lost.
  package var coordinatorTimeout: Duration
  /// The one run to join; any when nil.
  package var runIdentity: String?
  /// Values in every chunk of the parameter vector but the last.
  package var valuesPerChunk = ChunkGrid.valuesPerChunk

  package init(
    name: String, processNonce: UInt64, datasetDigest: Digest, heldShards: [ShardID], threads: Int,
    arithmetic: UInt32, coordinatorTimeout: Duration, runIdentity: String? = nil
  ) {
    self.name = name
    self.processNonce = processNonce
    self.datasetDigest = datasetDigest
    self.heldShards = heldShards
    self.threads = threads
    self.arithmetic = arithmetic
    self.coordinatorTimeout = coordinatorTimeout
    self.runIdentity = runIdentity
  }
}

package enum WorkerEvent: Sendable {
  case message(Stamped<CoordinatorMessage>)
  case connected
  case disconnected
  /// Why there is no connection; who connects goes on trying.
  case troubled(String)
  /// The memory for the model is there; the replica can be fetched.
  case prepared
  case preparationFailed(reason: String)
  /// A `.applyReplicaChunk` was carried out.
  case replicaChunkApplied(ChunkIndex, Step, digest: Digest)
  /// A `.applyReplicaChunk` was not carried out: the payload is damaged or holds numbers that are not finite.
  case replicaChunkRefused(ChunkIndex, reason: String)
  /// A chunk of the lease's gradient is final and encoded.
  case gradientChunk(LeaseID, ChunkIndex, payload: [UInt8])
  /// All chunks were given.
  case workDone(LeaseID, WorkReport)
  /// The work was cancelled.
  case workStopped(LeaseID)
  /// The lease cannot be carried out from what lies here: its shard is given up.
  case shardUnreadable(LeaseID, reason: String)
  /// The lease cannot be carried out for want of memory or files that may be open; its shard is as good as before.
  case shortage(LeaseID, reason: String)
  /// Somebody wants this worker to leave: a lease under way is returned.
  case stopRequested
  case tick
}

package enum WorkerCommand: Sendable {
  case send(Stamped<WorkerMessage>)
  /// Allocate what the configuration needs. Answered by `.prepared` or `.preparationFailed`.
  case prepare(Welcome)
  /// Add the delta to the chunk, or set it where `from` is nil.
  case applyReplicaChunk(ChunkIndex, from: Step?, to: Step, payload: [UInt8])
  /// Compute; answered by a `.gradientChunk` for each chunk that is not held and `.workDone`, or by `.workStopped`,
  /// `.shardUnreadable` or `.shortage`. When all chunks are held the report is wanted alone, and the backward pass
  /// can be left out.
  case start(Lease)
  case cancelWork(LeaseID)
  case log(LogLevel, String)
  case end(WorkerEnding)
}

/// What a worker is doing.
enum WorkerPhase: Equatable, Sendable {
  /// Greets once in a while. Exits: `.preparing` on the first welcome, `.syncing` on a later one; `.ended`
  /// when refused or when `coordinatorTimeout` has passed.
  case greeting(since: Instant)
  /// Exits: `.syncing` when prepared, also when cut off meanwhile; `.ended` when that fails.
  case preparing
  /// Fetches chunks. Exits: `.idle` when it holds the published step; `.greeting` when cut off; `.ended` when a
  /// chunk cannot be taken twice.
  case syncing
  /// Exits: `.computing` on a lease; `.syncing` when a step is published; `.greeting` when cut off.
  case idle
  /// Exits: `.idle` or `.syncing` when the work is done or cancelled, or its shard cannot be read; `.ended` when
  /// that was the last shard, or the machine is short of something; when cut off,
  /// `.abandoning` while the computation runs, else `.greeting`.
  case computing(LeaseID)
  /// Cut off while computing. Exits: `.greeting` when the computation has stopped.
  case abandoning(LeaseID, since: Instant)
  /// No exits.
  case ended
}

package struct WorkerCore: Sendable {
  package let settings: WorkerSettings
  var phase: WorkerPhase
  /// The newest greeting's.
  var session = Session(number: 0)
  /// Without those that turned out unreadable.
  var heldShards: [ShardID]
  var replica: ReplicaSync?
  var push: GradientPush?
  var welcome: Welcome?
  /// The newest that was begun.
  var newestLease: Lease?
  /// What the newest computation that came to its end gave, and in which session. It may have been lost with that
  /// session; what came before it was not, for a lease follows what was done.
  var newestReport: (lease: Lease, report: WorkReport, session: UInt32)?
  /// The step that was said to be held in this session.
  var announced: Step?
  var isLeaving = false
  var isConnected = false
  /// Why there is no connection, as far as that is known.
  var troubles: [String] = []
  var lastHeard: Instant
  var lastGreeting: Instant?
  var lastTick: Instant
  var lastHeartbeat: Instant
  var commands: [WorkerCommand] = []

  /// Between greetings while a coordinator is there and does not answer.
  static let greetingInterval: Duration = .seconds(5)

  package init(settings: WorkerSettings, now: Instant) {
    self.settings = settings
    phase = .greeting(since: now)
    heldShards = settings.heldShards
    lastHeard = now
    lastHeartbeat = now
    lastTick = now
  }

  package var hasEnded: Bool { phase == .ended }

  /// Chunks of a gradient that wait for credit.
  package var queuedChunks: Int { push?.queue.count ?? 0 }

  package mutating func handle(_ event: WorkerEvent, at now: Instant) -> [WorkerCommand] {
    commands.removeAll(keepingCapacity: true)
    if phase == .ended { return [] }
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
      guard phase == .preparing else { break }
      phase = .syncing
      requestChunks(at: now)
    case .preparationFailed(let reason):
      send(.goodbye(reason: reason))
      end(.failed, reason)
    case .replicaChunkApplied(let chunk, let step, let digest):
      replica?.applied(chunk, step, digest)
      continueSync(at: now)
    case .replicaChunkRefused(let chunk, let reason):
      refuseReplica(chunk, reason, at: now)
    case .gradientChunk(let lease, let chunk, let payload):
      guard let push, push.lease == lease, !push.isCancelled else { break }
      self.push!.queue.append((chunk, payload))
      sendGradient(at: now)
    case .workDone(let lease, let report):
      if let newestLease, newestLease.id == lease {
        newestReport = (newestLease, report, session.number)
      }
      guard let push, push.lease == lease, !push.isCancelled else {
        stopped(lease, at: now)
        break
      }
      self.push!.report = report
      sendGradient(at: now)
    case .workStopped(let lease):
      stopped(lease, at: now)
    case .shardUnreadable(let lease, let reason):
      giveUpShard(of: lease, reason, at: now)
    case .shortage(let lease, let reason):
      endForWant(lease, reason)
    case .stopRequested:
      leave()
    case .tick:
      tick(at: now)
    }
    return commands
  }

  private mutating func receive(_ stamped: Stamped<CoordinatorMessage>, at now: Instant) {
    // An earlier session's: what it says was meant for who this worker was then.
    guard stamped.stamp.session == session.number else { return }
    if case .refuse(CoordinatorText.unknownWorker) = stamped.message {
      return loseCoordinator("the coordinator does not know this worker any more", at: now)
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
    case .refuse(let reason):
      end(.refused, "the coordinator refused this worker: \(reason)")
    case .published(let step, let digest):
      replica?.publish(step, digest)
      continueSync(at: now)
    case .replicaChunk(let chunk, let from, let to, let payload):
      receive(chunk, from: from, to: to, payload)
    case .lease(let lease):
      begin(lease, at: now)
    case .cancel(let lease):
      guard case .computing(lease) = phase else { return }
      push?.isCancelled = true
      if push?.report == nil {
        commands.append(.cancelWork(lease))
      } else {
        stopped(lease, at: now)
      }
    case .credit(let lease, let chunks):
      guard push?.lease == lease else { return }
      push!.credit += Int(chunks)
      sendGradient(at: now)
    case .heartbeat:
      break
    case .stop(let reason, let kind):
      end(kind, reason)
    }
  }

  private mutating func tick(at now: Instant) {
    // When this process itself was away, what was said meanwhile has not been read yet.
    if now - lastTick > Self.greetingInterval { lastHeard = now }
    lastTick = now
    switch phase {
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
      if let welcome, now - lastHeartbeat >= welcome.heartbeatInterval {
        lastHeartbeat = now
        send(.heartbeat(step: replica?.heldStep))
      }
      requestChunks(at: now)
    }
  }

  mutating func send(_ message: WorkerMessage) {
    commands.append(.send(Stamped(stamp: session.stamp(), message: message)))
  }

  mutating func log(_ level: LogLevel, _ text: String) { commands.append(.log(level, text)) }

  mutating func end(_ kind: WorkerEnding.Kind, _ reason: String) {
    phase = .ended
    commands.append(.end(WorkerEnding(kind, reason: reason)))
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
