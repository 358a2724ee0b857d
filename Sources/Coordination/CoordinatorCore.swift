// The coordinator as a pure state machine: what happened and when goes in, what to do comes out. It
// decides who computes what, in which order gradients are added and when a step is committed. It
// holds no parameters and touches no socket, file, thread or clock.

import Basics
import Wire

/// The coordinator's decisions. Each facet is an extension of its own; what a facet keeps is a
/// value that only its own methods change.
package struct CoordinatorCore: Sendable {
  package let settings: CoordinatorSettings
  /// The newest published step; its work is collected now.
  package private(set) var position: RunPosition
  private(set) var state = CoordinatorState.collecting
  /// Whether the run is to end as soon as the step under way is safe.
  private(set) var wantsStop = false
  /// Whether the last checkpoint was tried without success: whoever asks to stop then knows.
  private(set) var hasLastCheckpointFailed = false
  private(set) var lastTick: Instant
  /// Commands that the event being handled has given rise to.
  private var commands: [CoordinatorCommand] = []

  var roster = Roster()
  var leases: LeaseBook
  var work: StepWork
  var reducer: GradientReducer
  var watch: MicrobatchWatch
  /// When it was last said that no more may be computed again.
  var saidAllConfirmed: Instant?
  var doubts = Doubts()
  var shortage = ShortageWatch()
  var checkpoints: CheckpointSchedule

  /// - Parameters:
  ///   - position: that of the parameters at hand: step 0's at first; on resume, that of the newest
  ///     committed step.
  ///   - isEvaluated: whether that step's evaluation is recorded already.
  ///   - checkpointed: the newest step that has a checkpoint.
  ///   - owesCheckpoint: whether one is due with the next step, because one that was relied on was
  ///     damaged.
  package init(
    settings: CoordinatorSettings, position: RunPosition, isEvaluated: Bool = false,
    checkpointed: Step?, owesCheckpoint: Bool = false, now: Instant
  ) {
    self.settings = settings
    self.position = position
    checkpoints = CheckpointSchedule(
      interval: settings.checkpointInterval, journalBytes: settings.journalBytes,
      kept: settings.checkpointsKept, saved: checkpointed, isOwed: owesCheckpoint)
    lastTick = now
    leases = LeaseBook(
      first: settings.firstLease, shortest: settings.shortestLease, longest: settings.longestLease)
    work = StepWork(settings: settings, position: position, isEvaluated: isEvaluated, began: nil)
    reducer = GradientReducer(of: work, settings)
    watch = MicrobatchWatch(microbatches: work.microbatches, chunkCount: settings.chunkCount)
  }

  package var step: Step { position.step }

  /// Whether all is there that the current step needs.
  var isStepComplete: Bool {
    work.remaining.isEmpty && (work.isGradientGivenUp || reducer.isComplete)
  }

  /// Whether nothing is left to do: every step is made and the last one is evaluated.
  package var isDone: Bool { step >= settings.steps && isStepComplete }

  /// Bytes of gradients that wait for their turn.
  package var heldBytes: Int { reducer.heldBytes }

  package var hasEnded: Bool { state == .ended }

  /// Takes in what happened.
  /// - Returns: what is to be done now, in this order.
  package mutating func handle(_ event: CoordinatorEvent, at now: Instant) -> [CoordinatorCommand] {
    commands.removeAll(keepingCapacity: true)
    // Members that hear of the end go, which is no news.
    if hasEnded { return [] }
    react(to: event, at: now)
    completeStepIfDone(at: now)
    if state == .collecting {
      grantCredit()
      assignLeases(at: now)
    }
    return commands
  }

  private mutating func react(to event: CoordinatorEvent, at now: Instant) {
    switch event {
    case .message(let message, let worker):
      receive(message, from: worker, at: now)
    case .disconnected(let worker):
      removeMember(worker, because: "its connection closed")
    case .reduced(let chunk, let microbatch, let lease, let measure):
      didReduce(chunk, of: microbatch, by: lease, measure, at: now)
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
    case .checkpointFailed(let step, let reason, let isForbidden):
      didFailCheckpoint(step, reason: reason, isForbidden: isForbidden, at: now)
    case .stopRequested:
      didRequestStop()
    case .tick:
      tick(at: now)
    }
  }

  private mutating func receive(
    _ stamped: Stamped<WorkerMessage>, from worker: WorkerID, at now: Instant
  ) {
    let (stamp, message) = (stamped.stamp, stamped.message)
    if case .hello(let hello) = message {
      return join(worker, hello, session: stamp.session, at: now)
    }
    guard let session = roster[worker]?.session, stamp.session <= session.number else {
      // Someone we gave up on, or whose greeting is still on its way.
      return answerStranger(worker, .refuse(.greetAnew, reason: "this session is not known"), stamp)
    }
    if stamp.session < session.number { return }
    let verdict = roster.update(worker) { member in
      let verdict = member.session.receive(stamp.sequence)
      if verdict == .inOrder { member.lastHeard = now }
      return verdict
    }
    switch verdict {
    case .repeated, nil:
      return
    case .gap:
      send(.refuse(.greetAnew, reason: "messages were lost on the way"), to: worker)
      removeMember(worker, because: "messages of it were lost on the way")
    case .inOrder:
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
      didSync(worker, to: heldStep)
    case .gradientChunk(let lease, let chunk, let payload):
      receive(chunk, payload, lease, from: worker)
    case .leaseDone(let lease, let report):
      finish(lease, of: worker, with: report, at: now)
    case .leaseReturned(let lease, let reason, let givesUpShard):
      takeBack(lease, of: worker, reason: reason, givesUpShard: givesUpShard)
    case .goodbye(let reason):
      removeMember(worker, because: "it left: \(reason)")
    }
  }

  private mutating func tick(at now: Instant) {
    // When this process itself was away (a long checkpoint, a suspended machine), what was said
    // meanwhile has not been read yet: nobody is to blame.
    if now - lastTick > settings.heartbeatInterval { roster.updateAll { $0.lastHeard = now } }
    lastTick = now
    for worker in roster.workers {
      guard let silence = roster[worker].map({ now - $0.lastHeard }),
        silence > settings.heartbeatTimeout
      else { continue }
      let reason = "nothing was heard of it for \(Int(silence.seconds)) s"
      send(.refuse(.greetAnew, reason: reason), to: worker)
      removeMember(worker, because: reason)
    }
    retryIfDue(at: now)
    considerShortage(at: now)
    considerNotFinite(at: now)
  }

  // MARK: - Changes of state

  /// The one place where the state changes.
  mutating func enter(_ next: CoordinatorState) {
    precondition(state != .ended, "the end has no exits")
    state = next
  }

  /// Somebody wants the run to end.
  mutating func noteWishToStop() { wantsStop = true }

  mutating func noteFailureOfLastCheckpoint() { hasLastCheckpointFailed = true }

  /// A step was committed, or it was decided what the run goes on without.
  mutating func move(to next: RunPosition) { position = next }

  /// Begins the work of the current step, of which nothing is done.
  /// - Parameters:
  ///   - isEvaluated: whether its evaluation is recorded already.
  ///   - began: as `StepWork` has it.
  mutating func startWork(isEvaluated: Bool, began: Instant?) {
    work = StepWork(
      settings: settings, position: position, isEvaluated: isEvaluated, began: began)
    reducer = GradientReducer(of: work, settings)
    watch = MicrobatchWatch(microbatches: work.microbatches, chunkCount: settings.chunkCount)
  }

  // MARK: - Small words used by every facet

  mutating func order(_ command: CoordinatorCommand) { commands.append(command) }

  /// To a member, in its session. Who is none any more hears nothing.
  mutating func send(_ message: CoordinatorMessage, to worker: WorkerID) {
    guard let stamp = roster.update(worker, { $0.session.stamp() }) else { return }
    order(.send(Stamped(stamp: stamp, message: message), to: worker))
  }

  /// To somebody who is not a member, for the session that the stamp names.
  mutating func answerStranger(
    _ worker: WorkerID, _ message: CoordinatorMessage, _ stamp: SessionStamp
  ) {
    let stamp = SessionStamp(session: stamp.session, sequence: 0)
    order(.send(Stamped(stamp: stamp, message: message), to: worker))
  }

  mutating func log(_ level: LogLevel, _ text: String) { order(.log(level, text)) }

  mutating func event(_ kind: RunEventKind, _ worker: WorkerID?, _ detail: String) {
    order(
      .recordEvent(
        kind: kind, worker: worker.map { roster.name(of: $0) }, detail: detail, step: step))
  }
}

extension GradientReducer {
  /// For the work of a step.
  init(of work: StepWork, _ settings: CoordinatorSettings) {
    self.init(microbatches: work.microbatches, settings)
  }

  init(microbatches: Int, _ settings: CoordinatorSettings) {
    self.init(
      chunkCount: settings.chunkCount, microbatches: microbatches,
      Limits(
        window: settings.window, chunkBytes: settings.gradientChunkBytes,
        bufferBytes: settings.bufferBytes))
  }
}
