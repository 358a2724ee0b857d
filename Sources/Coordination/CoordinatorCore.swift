// The coordinator as a pure state machine: what happened and when goes in, what to do comes out. It decides
// who computes what, in which order gradients are added and when a step is committed. It holds no
// parameters and touches no socket, file, thread or clock.

import Foundations
import Wire

/// What a coordinator knows of its run before anybody joins.
public struct CoordinatorSettings: Sendable {
  public var runIdentity: String
  public var datasetDigest: Digest
  /// The resolved configuration that workers get.
  public var configurationYAML: String
  /// OpenBLAS kernels that every worker must have: others give other bits. Nil until the first worker joins.
  public var blasKernel: String?
  public var plan: MicrobatchPlan
  public var maskRatio: MaskRatioSchedule
  public var steps: Step
  /// Evaluate every so many steps and at the end; 0 is only at the end.
  public var evaluationInterval: Int
  /// The microbatches of every evaluation are those of its step 0, of held-out shards, which are numbered
  /// after the training shards. Nil when nothing is held out.
  public var evaluationPlan: MicrobatchPlan?
  /// Checkpoint every so many steps and at the end; 0 is only at the end.
  public var checkpointInterval: Int
  public var parameterCount: Int
  /// Pixels of both images of a pair: no report of hidden ones can be larger.
  public var pixelsPerPair: Int
  /// Chunks in flight for each worker, each way.
  public var window: Int
  /// Encoded gradients that came early are held up to this many bytes.
  public var bufferBytes: Int
  public var heartbeatInterval: Duration
  public var heartbeatTimeout: Duration
  public var shortestLease: Duration
  public var longestLease: Duration

  public init(
    runIdentity: String, datasetDigest: Digest, configurationYAML: String, blasKernel: String?,
    plan: MicrobatchPlan, maskRatio: MaskRatioSchedule, steps: Step, evaluationInterval: Int,
    evaluationPlan: MicrobatchPlan?, checkpointInterval: Int, parameterCount: Int,
    pixelsPerPair: Int, window: Int,
    bufferBytes: Int, heartbeatInterval: Duration, heartbeatTimeout: Duration,
    shortestLease: Duration, longestLease: Duration
  ) {
    self.runIdentity = runIdentity
    self.datasetDigest = datasetDigest
    self.configurationYAML = configurationYAML
    self.blasKernel = blasKernel
    self.plan = plan
    self.maskRatio = maskRatio
    self.steps = steps
    self.evaluationInterval = evaluationInterval
    self.evaluationPlan = evaluationPlan
    self.checkpointInterval = checkpointInterval
    self.parameterCount = parameterCount
    self.pixelsPerPair = pixelsPerPair
    self.window = window
    self.bufferBytes = bufferBytes
    self.heartbeatInterval = heartbeatInterval
    self.heartbeatTimeout = heartbeatTimeout
    self.shortestLease = shortestLease
    self.longestLease = longestLease
  }
}

/// What the coordinator is doing.
enum CoordinatorPhase: Equatable, Sendable {
  /// Leases are out for the current step.
  /// Exits: `.updating` when all its work is in; `.closing` after the last step or on a request to stop.
  case collecting
  /// The update was ordered. Exits: `.collecting` when it is made; `.closing` on a request to stop.
  case updating
  /// The last checkpoint is being written, and written again for as long as it fails.
  /// Exits: `.ended` when it is safe, or on a second request to stop.
  case closing(StopKind, reason: String, retryAt: Instant?)
  /// No exits.
  case ended
}

public struct CoordinatorCore: Sendable {
  public internal(set) var settings: CoordinatorSettings
  /// The step whose replica is published; its work is collected now.
  public internal(set) var step: Step
  /// Digest of the replica at `step`.
  public internal(set) var digest: Digest
  var phase: CoordinatorPhase = .collecting
  var members: [WorkerID: Member] = [:]
  var work: StepWork
  var deadlines: LeaseDeadlines
  var nextLease: UInt32 = 1
  var checkpointedStep: Step?
  var wantsStop = false
  var lastShortage: Instant?
  var lastTick: Instant
  /// Commands that the event being handled has given rise to.
  var commands: [CoordinatorCommand] = []

  /// - Parameters:
  ///   - step: the step of the parameters at hand: 0 at first, a checkpoint's on resume.
  ///   - digest: the replica's at `step`.
  ///   - isCheckpointed: whether `step` is on the disk already.
  public init(
    settings: CoordinatorSettings, step: Step, digest: Digest, isCheckpointed: Bool, now: Instant
  ) {
    self.settings = settings
    self.step = step
    self.digest = digest
    checkpointedStep = isCheckpointed ? step : nil
    lastTick = now
    deadlines = LeaseDeadlines(shortest: settings.shortestLease, longest: settings.longestLease)
    work = StepWork(settings: settings, step: step, now: now)
  }

  public var hasEnded: Bool { phase == .ended }

  public mutating func handle(_ event: CoordinatorEvent, at now: Instant) -> [CoordinatorCommand] {
    commands.removeAll(keepingCapacity: true)
    switch event {
    case .message(let message, let worker):
      receive(message, from: worker, at: now)
    case .disconnected(let worker):
      removeMember(worker, because: "its connection closed", at: now)
    case .reduced(let chunk, let microbatch):
      didReduce(chunk, of: microbatch, at: now)
    case .reductionRefused(let chunk, let microbatch, let worker, let reason):
      didRefuse(chunk, of: microbatch, from: worker, reason: reason, at: now)
    case .updated(let step, let digest):
      didUpdate(to: step, digest: digest, at: now)
    case .checkpointSaved(let step):
      didSaveCheckpoint(step)
    case .checkpointFailed(let step, let reason):
      didFailCheckpoint(step, reason: reason, at: now)
    case .stopRequested:
      didRequestStop(at: now)
    case .tick:
      tick(at: now)
    }
    return commands
  }

  private mutating func receive(
    _ message: WorkerMessage, from worker: WorkerID, at now: Instant
  ) {
    if case .hello(let hello) = message {
      return join(worker, hello, at: now)
    }
    guard members[worker] != nil else {
      // Someone we gave up on, or one who skipped the greeting: it has to say hello first.
      return send(.refuse(reason: CoordinatorText.unknownWorker), to: worker)
    }
    members[worker]!.lastHeard = now
    switch message {
    case .hello:
      preconditionFailure("handled above")
    case .heartbeat(let heldStep):
      send(.heartbeat, to: worker)
      // Should the news of this step have been lost on the way, here it is again.
      if members[worker]!.state == .catchingUp && heldStep != step {
        send(.published(step: step, digest: digest), to: worker)
      }
    case .requestChunks(let requests):
      answer(requests, of: worker)
    case .synced(let heldStep):
      didSync(worker, to: heldStep, at: now)
    case .gradientChunk(let lease, let chunk, let payload):
      receive(chunk, payload, lease, from: worker)
    case .leaseDone(let lease, let report):
      finish(lease, of: worker, with: report, at: now)
    case .leaseReturned(let lease, let reason):
      takeBack(lease, of: worker, reason: reason, at: now)
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
    if case .closing(_, _, let retryAt?) = phase, retryAt <= now { writeLastCheckpoint() }
    completeStepIfDone(at: now)
    assignLeases(at: now)
  }

  // MARK: - Small words used by every facet

  mutating func send(_ message: CoordinatorMessage, to worker: WorkerID) {
    commands.append(.send(message, to: worker))
  }

  mutating func log(_ level: LogLevel, _ text: String) { commands.append(.log(level, text)) }

  mutating func event(_ kind: String, _ worker: WorkerID, _ detail: String) {
    let name = members[worker]?.name ?? "worker \(worker)"
    commands.append(.recordEvent(kind: kind, worker: name, detail: detail, step: step))
  }
}

/// Texts that both sides of the exchange know.
public enum CoordinatorText {
  /// The one refusal that a worker answers with a new greeting instead of giving up.
  public static let unknownWorker = "say hello first"
}
