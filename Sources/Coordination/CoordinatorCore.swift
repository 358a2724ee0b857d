// The coordinator as a pure state machine: what happened and when goes in, what to do comes out. It decides
// who computes what, in which order gradients are added and when a step is committed. It holds no
// parameters and touches no socket, file, thread or clock.

import Basics
import Wire

/// What the coordinator is doing.
enum CoordinatorPhase: Equatable, Sendable {
  /// Leases are out for the current step.
  /// Exits: `.measuring` when all its work is in, or at once `.updating` when the step is skipped for one microbatch's
  /// sake; `.closing` after the last step, on a request to stop, when a shard stays away too long, or when the run has
  /// diverged.
  case collecting
  /// The gradient's norm was asked for and, when that is known and stands out, its digest.
  /// Exits: `.updating` when the gradient is sound, or is not and is skipped; `.collecting` when it is computed again;
  /// `.closing` when the run has diverged or its machines disagree.
  case measuring(norm: Double?)
  /// The update was ordered. Exits: `.committing` when it is made; `.ended` when it gives numbers that are not
  /// finite.
  case updating(norm: Double, isSkip: Bool)
  /// The step is being made durable, and again for as long as that fails. Exits: `.collecting` when it is; then
  /// at once `.closing` when a stop was requested; `.ended` when it is requested while the disk refuses.
  case committing(StepCommit, retryAt: Instant?)
  /// The last checkpoint is being written, and written again for as long as it fails.
  /// Exits: `.ended` when it is safe, or on a second request to stop.
  case closing(StopKind, reason: String, retryAt: Instant?)
  /// No exits.
  case ended
}

package struct CoordinatorCore: Sendable {
  package let settings: CoordinatorSettings
  /// The newest published step; its work is collected now.
  package internal(set) var position: RunPosition
  var phase: CoordinatorPhase = .collecting
  var members: [WorkerID: Member] = [:]
  /// Why processes were refused for good, by their nonce.
  var refused: [UInt64: String] = [:]
  var work: StepWork
  var deadlines: LeaseDeadlines
  var pace = WorkerPace()
  var checkpoints: CheckpointSchedule
  var shortage: ShardShortage?
  /// Computations of this step's gradient that were not believed.
  var doubts: [SumOpinion] = []
  /// Who had a shard that nobody here has any more.
  var lastHolders: [ShardID: String] = [:]
  var nextLease: UInt32
  var wantsStop = false
  /// When the newest word about a journal that cannot be written was said.
  var lastCommitComplaint: Instant?
  var lastTick: Instant
  /// Commands that the event being handled has given rise to.
  var commands: [CoordinatorCommand] = []

  /// - Parameters:
  ///   - position: that of the parameters at hand: step 0's at first; on resume, that of the newest
  ///     committed step.
  ///   - isEvaluated: whether that step's evaluation is recorded already.
  ///   - checkpointed: the newest step that has a checkpoint.
  package init(
    settings: CoordinatorSettings, position: RunPosition, isEvaluated: Bool = false,
    checkpointed: Step?, now: Instant
  ) {
    self.settings = settings
    self.position = position
    checkpoints = CheckpointSchedule(
      interval: settings.checkpointInterval, journalBytes: settings.journalBytes,
      kept: settings.checkpointsKept, saved: checkpointed)
    nextLease = settings.firstLease
    lastTick = now
    deadlines = LeaseDeadlines(shortest: settings.shortestLease, longest: settings.longestLease)
    work = StepWork(settings: settings, position: position, isEvaluated: isEvaluated, now: now)
  }

  var step: Step { position.step }

  /// Whether all steps are made and the last one is evaluated.
  package var isDone: Bool { step >= settings.steps && work.isComplete }

  /// Bytes of gradients that wait for their turn.
  package var heldBytes: Int { work.ledger.earlyBytes }

  package var hasEnded: Bool { phase == .ended }

  package mutating func handle(_ event: CoordinatorEvent, at now: Instant) -> [CoordinatorCommand] {
    commands.removeAll(keepingCapacity: true)
    // Members that hear of the end go, which is no news.
    if phase == .ended { return [] }
    switch event {
    case .message(let message, let worker):
      receive(message, from: worker, at: now)
    case .disconnected(let worker):
      removeMember(worker, because: "its connection closed", at: now)
    case .reduced(let chunk, let microbatch):
      didReduce(chunk, of: microbatch, at: now)
    case .reductionRefused(
      let chunk, let microbatch, let lease, let worker, let reason, let isNotFinite):
      didRefuse(
        chunk, of: microbatch, lease, from: worker, reason: reason, isNotFinite: isNotFinite,
        at: now)
    case .measured(let norm):
      didMeasure(norm: norm)
    case .digested(let digest):
      didDigest(digest, at: now)
    case .updated(let digest, let isFinite):
      didUpdate(to: digest, isFinite: isFinite)
    case .committed(let step, let journalBytes):
      didCommit(step, journalBytes: journalBytes, at: now)
    case .commitFailed(let step, let reason):
      didFailCommit(step, reason: reason, at: now)
    case .checkpointSaved(let step):
      didSaveCheckpoint(step)
    case .checkpointFailed(let step, let reason):
      didFailCheckpoint(step, reason: reason, at: now)
    case .stopRequested:
      didRequestStop(at: now)
    case .tick:
      tick(at: now)
    }
    if phase == .collecting { grantCredit() }
    return commands
  }

  private mutating func receive(
    _ stamped: Stamped<WorkerMessage>, from worker: WorkerID, at now: Instant
  ) {
    let (stamp, message) = (stamped.stamp, stamped.message)
    if case .hello(let hello) = message {
      return join(worker, hello, session: stamp.session, at: now)
    }
    guard let session = members[worker]?.session, stamp.session <= session.number else {
      // Someone we gave up on, or whose greeting is still on its way: it has to say hello first.
      return answerStranger(worker, .refuse(reason: CoordinatorText.unknownWorker), stamp)
    }
    if stamp.session < session.number { return }
    switch members[worker]!.session.receive(stamp.sequence) {
    case .repeated:
      return
    case .gap:
      send(.refuse(reason: CoordinatorText.unknownWorker), to: worker)
      removeMember(worker, because: "messages of it were lost on the way", at: now)
    case .inOrder:
      members[worker]!.lastHeard = now
      act(on: message, from: worker, at: now)
    }
  }

  private mutating func act(on message: WorkerMessage, from worker: WorkerID, at now: Instant) {
    switch message {
    case .hello:
      preconditionFailure("a greeting begins a session")
    case .heartbeat:
      send(.heartbeat, to: worker)
    case .requestChunks(let requests):
      answer(requests, of: worker)
    case .synced(let heldStep):
      didSync(worker, to: heldStep, at: now)
    case .gradientChunk(let lease, let chunk, let payload):
      receive(chunk, payload, lease, from: worker)
    case .leaseDone(let lease, let report):
      finish(lease, of: worker, with: report, at: now)
    case .leaseReturned(let lease, let reason, let givesUpShard):
      takeBack(lease, of: worker, reason: reason, givesUpShard: givesUpShard, at: now)
    case .goodbye(let reason):
      removeMember(worker, because: "it left: \(reason)", at: now)
    }
  }

  private mutating func tick(at now: Instant) {
    // When this process itself was away (a long checkpoint, a suspended machine), what was said meanwhile has not
    // been read yet: nobody is to blame.
    if now - lastTick > settings.heartbeatInterval {
      for worker in members.keys.sorted() { members[worker]!.lastHeard = now }
    }
    lastTick = now
    for worker in members.keys.sorted() {
      let silence = now - members[worker]!.lastHeard
      if silence > settings.heartbeatTimeout {
        let reason = "nothing was heard of it for \(Int(silence.seconds)) s"
        send(.refuse(reason: CoordinatorText.unknownWorker), to: worker)
        removeMember(worker, because: reason, at: now)
      }
    }
    retryIfDue(at: now)
    considerShortage(at: now)
    considerNotFinite(at: now)
    completeStepIfDone(at: now)
    assignLeases(at: now)
  }

  // MARK: - Small words used by every facet

  /// To a member, in its session.
  mutating func send(_ message: CoordinatorMessage, to worker: WorkerID) {
    let stamp = members[worker]!.session.stamp()
    commands.append(.send(Stamped(stamp: stamp, message: message), to: worker))
  }

  /// To somebody who is no member, for the session that the stamp names.
  mutating func answerStranger(
    _ worker: WorkerID, _ message: CoordinatorMessage, _ stamp: SessionStamp
  ) {
    let stamp = SessionStamp(session: stamp.session, sequence: 0)
    commands.append(.send(Stamped(stamp: stamp, message: message), to: worker))
  }

  mutating func log(_ level: LogLevel, _ text: String) { commands.append(.log(level, text)) }

  mutating func event(_ kind: String, _ worker: WorkerID?, _ detail: String) {
    let name = worker.map { members[$0]?.name ?? "worker \($0)" }
    commands.append(.recordEvent(kind: kind, worker: name, detail: detail, step: step))
  }
}

/// Texts that both sides of the exchange know.
package enum CoordinatorText {
  /// The one refusal that a worker answers with a new greeting instead of giving up.
  package static let unknownWorker = "say hello first"
}
