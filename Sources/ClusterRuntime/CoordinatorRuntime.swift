// The coordinator's process: carries out what `CoordinatorCore` orders, and tells it what happened.

import Basics
import Checkpoints
import Coordination
import Foundation
import Logging
import Observability
import TrainingRun
import Transport
import Wire

package final class CoordinatorRuntime {
  let run: PreparedRun
  let executor: CoordinatorExecutor
  let checkpoints: CheckpointWriter
  /// Nil when no journal is kept.
  let journal: JournalThread?
  private let reductions: ReductionThreads
  let logger: Logger
  let console: Console
  let endpoint: Endpoint
  var peers = PeerTable()
  var greetings = GreetingShares(at: .monotonicNow())
  var limitedLog = RateLimitedLog()
  /// Of those that were not let in: they must not silence what is said of members.
  private var strangersLog = RateLimitedLog(of: "peer", "could not be let in")
  var core: CoordinatorCore
  let metrics: any MetricsSink
  var progress: ProgressLine
  /// Nil while the run goes on.
  var ending: (kind: StopKind, reason: String)?
  /// What other threads of this process have to say.
  let requests: LoopQueue<CoordinatorEvent>
  private let listener: StopListener
  /// Nil where everybody may join.
  private let admissions: AdmissionWatch?
  /// As it was given to this process.
  private let service: CoordinatorService
  var lock: RunLock
  /// Whether the live line still says that workers are waited for.
  private var isWaitingForWorkers = true
  /// Whether it was said that nobody watches over this process any more.
  private var isOrphaned = false
  var nextLookAtFolder: Instant = .monotonicNow()
  var statusFile: StatusFile
  /// Whether nobody else may write to the run's folder.
  var isFolderOurs = true
  /// Whether it was said that the socket is gone.
  var hasSaidSocketIsGone = false
  /// Whether it was said that the file of the run's lock cannot be put back.
  var hasSaidLockIsGone = false

  /// Between two looks at the clock when nothing arrives.
  private static let tickInterval: Duration = .milliseconds(100)
  /// For the last messages to leave.
  private static let farewell: Duration = .seconds(2)

  /// Loads the newest valid checkpoint, or starts at step 0, and listens.
  init(
    _ run: PreparedRun, _ service: CoordinatorService, _ keys: CoordinatorKeys?, _ lock: RunLock,
    _ statusFile: StatusFile, listener: StopListener
  ) throws {
    let address = service.address
    self.service = service
    self.lock = lock
    self.statusFile = statusFile
    MeetingPlace.clear(run.folder.path)
    self.run = run
    self.listener = listener
    let configuration = run.configuration
    console = Console()
    logger = try Self.openLog(of: run, lock, console)
    // Every core for the short time between the last gradient and the new replica; the bits do not
    // depend on it.
    let pool = ThreadPool(threadCount: ProcessInfo.processInfo.activeProcessorCount)
    if let shortfall = pool.shortfall { logger.warning("\(shortfall); this only costs time") }
    try Self.checkMemory(for: run)
    let store = try ParameterStore(run: run, pool: pool)
    let checkpointStore = try CheckpointStore(owning: run.folder.checkpoints)
    let journalReader = JournalReader(
      folder: run.folder.journal, run: run.identity, grid: store.grid)
    let recovered = try Self.recover(run, from: checkpointStore, journalReader, into: store, logger)
    statusFile.tellLoading()
    let state = recovered.state
    let restoration = MetricsRestoration(
      try MetricsScan(path: run.folder.metrics, runIdentity: run.identity), of: state,
      evaluations: try run.evaluationSchedule)
    metrics = try Self.openMetrics(of: run, restoration, recovered, journalReader, logger)
    executor = Self.executor(of: run, store, state, restoration.evaluation)
    progress = ProgressLine(
      steps: configuration.training.steps, samples: configuration.model.objective.sampleName + "s",
      console: console)
    let limits = EndpointLimits(window: configuration.exchange.window)
    var settings = try CoordinatorSettings(run, state: state)
    settings.firstLease = UInt32.random(in: 0 ... .max)
    settings.memberLimit = limits.memberLimit
    if limits.possibleConnections < limits.connections, let limit = settings.memberLimit {
      logger.info("there is room for \(limit.count) workers at a time: \(limit.reason)")
    }
    core = CoordinatorCore(
      settings: settings, position: state.position, isEvaluated: restoration.evaluation != nil,
      checkpointed: recovered.checkpoint?.step, owesCheckpoint: !recovered.rejected.isEmpty,
      now: .monotonicNow())
    if !core.isDone { try Self.recordResumption(in: metrics, recovered) }
    endpoint = try Endpoint.listen(address, limits: limits, security: keys?.security ?? .none)
    requests = LoopQueue(capacity: 256, wakes: endpoint)
    let tell: @Sendable (CoordinatorEvent) -> Void = { [requests] in requests.post($0) }
    journal = try Self.openJournal(of: run, after: state.position.step, store, tell)
    reductions = try ReductionThreads(
      for: store, processors: pool.threadCount, journal: journal, wakes: endpoint)
    checkpoints = try Self.checkpointWriter(checkpointStore, run, store, logger, tell)
    logger.info(
      "run \(run.identity) listens on \(endpoint.boundAddress) at step \(store.step)")
    admissions = try Self.watch(keys, at: address, logger)
  }

  private static func checkMemory(for run: PreparedRun) throws {
    try FreeMemory.check(
      for: MemoryNeeds.coordinatorBytes(
        parameters: run.model.parameterLayout.count,
        keepsAverage: run.configuration.optimizer.average > 0),
      "the coordinator's part of the run's model")
  }

  /// A coordinator from its start to its end.
  /// - Parameter listener: until it serves, a request to stop ends the process.
  package static func run(
    _ run: PreparedRun, as service: CoordinatorService, listener: StopListener
  ) throws -> ExitStatus {
    try run.withdrawnIfStillborn {
      let keys = try service.exchangeKeys()
      let lock = try lock(run.folder, waits: service.waitsForLock)
      return try load(run, service, keys, lock, listener: listener).serve()
    }
  }

  /// Runs to the end.
  private func serve() throws -> ExitStatus {
    listener.handOver { [requests] in requests.post(.stopRequested) }
    statusFile.begin()
    let reachable = endpoint.address(onMachine: ProcessInfo.processInfo.hostName)
    try service.addressFile?.write(reachable)
    progress.note("waiting for workers", at: .monotonicNow())
    var nextTick = Instant.monotonicNow()
    while ending == nil {
      while let request = requests.next() { process(request) }
      for result in reductions.takeResults() {
        executor.note(reductionSeconds: result.seconds)
        process(result.event)
      }
      let now = Instant.monotonicNow()
      if isWaitingForWorkers && core.hasMembers {
        isWaitingForWorkers = false
        progress.note("computing step \(core.position.step.index + 1)", at: now)
      }
      if now >= nextTick {
        nextTick = now + Self.tickInterval
        process(.tick)
        for summary in [limitedLog.summary(at: now), strangersLog.summary(at: now)] {
          if let summary { logger.warning("\(summary)") }
        }
        lookAtFolder(at: now)
        tellStatus(at: now)
      }
      if ending == nil, let received = endpoint.receive(timeout: nextTick - now) {
        handle(received)
      }
    }
    admissions?.close()
    service.addressFile?.remove(reachable)
    endpoint.close(linger: Self.farewell)
    // Nothing waits for an answer any more: what is still being added or written may end.
    requests.close()
    reductions.close()
    journal?.close()
    checkpoints.close()
    if listener.launcherIsGone { MeetingPlace.clear(run.folder.path) }
    if let rest = limitedLog.end() { logger.warning("\(rest)") }
    progress.finish()
    leaveSummary()
    return report()
  }

  private func handle(_ received: Received) {
    let now = Instant.monotonicNow()
    switch received {
    case .connected, .trouble, .disconnected(nil), .message(nil, _):
      break  // A listening endpoint names the peer.
    case .turnedAway(let stranger):
      if let line = strangersLog.line("\(stranger)", at: now) { logger.warning("\(line)") }
    case .refused(let peer, let error):
      logRateLimited("a message was dropped: \(error)", at: now)
      guard let peer else { return }
      _ = peers.worker(admitting: peer, at: now)
      charge(.unreadable, to: peer, at: now)
    case .disconnected(let peer?):
      remove(peer)
    case .message(let peer?, let frames):
      let worker = peers.worker(admitting: peer, at: now)
      do {
        let message = try Stamped<WorkerMessage>(frames: frames).named(by: peer.member)
        guard admits(message.message, from: peer, at: now) else { return }
        executor.traffic.bytesIn += frames.reduce(0) { $0 + $1.count }
        let lines = process(.message(message, from: worker))
        if lines > 0 { charge(.lines(lines), to: peer, at: now) }
      } catch {
        logRateLimited(
          "a message that cannot be read came from worker \(worker): \(error)", at: now)
        charge(.unreadable, to: peer, at: now)
      }
    }
  }

  /// Hands an event to the core, and what comes of carrying out its commands, until all is quiet.
  /// - Returns: how many lines in log and metrics the event itself gave rise to.
  @discardableResult
  func process(_ event: CoordinatorEvent) -> Int {
    var events = [event]
    var lines: Int?
    while !events.isEmpty {
      let event = events.removeFirst()
      note(event)
      let commands = core.handle(event, at: .monotonicNow())
      if lines == nil { lines = commands.count(where: \.isLine) }
      for command in commands {
        if case .reduce(let order) = command {
          reductions.add(order)
          continue
        }
        if command.needsSum { reductions.wait() }
        if let result = executor.execute(command, in: self) { events.append(result) }
      }
    }
    return lines ?? 0
  }

  /// What this process itself makes of what the core is about to hear.
  private func note(_ event: CoordinatorEvent) {
    switch event {
    case .stopRequested where listener.launcherIsGone && !isOrphaned:
      isOrphaned = true
      logger.warning("the process that watched over this one is gone; stopping")
    case .checkpointFailed where listener.launcherIsGone:
      // Nobody is there who could make room, or ask once more.
      requests.post(.stopRequested)
    default: return
    }
  }

  private func report() -> ExitStatus {
    guard let ending else { return .failure }
    let step = core.position.step
    switch ending.kind {
    case .finished:
      logger.notice("\(ending.reason); digest \(core.position.digest)")
      return .done
    case .interrupted:
      let reason = listener.noWorkerIsLeft ? "stopped for want of workers" : ending.reason
      let resume = "--resume \(run.folder.path.shellWord)"
      let command =
        listener.isSupervised
        ? "terrane train \(resume)"
        : "terrane coordinator \(resume)\(service.options)"
      logger.notice("\(reason) at step \(step); go on with: \(command)")
      return .stopped
    case .error:
      logger.error("\(ending.reason)")
      return .failure
    case .diverged:
      logger.error("\(ending.reason)")
      return .diverged
    }
  }
}
