// The worker's process: carries out what `WorkerCore` orders, and tells it what happened. This loop
// and a thread that computes; the endpoint has one of its own.

import Basics
import Coordination
import Foundation
import Imagery
import Logging
import Observability
import TrainingRun
import Transport
import Wire

package final class WorkerRuntime {
  /// The newest version of the dataset, then earlier ones that a run may have begun with.
  private let datasets: [Dataset]
  private let logger: Logger
  private let endpoint: Endpoint
  private let pool: ThreadPool
  private let listener: StopListener
  private let source: GradientSource
  private let events: LoopQueue<WorkerEvent>
  private let leases = BlockingQueue<Lease>(capacity: 1)
  private var core: WorkerCore
  private var model: WorkerModel?
  private var ending: WorkerEnding?
  /// What the connection at hand may still cost.
  private var budget = PeerBudget.ofConnection(at: .monotonicNow())
  private var limitedLog = RateLimitedLog()

  private static let tickInterval: Duration = .milliseconds(100)
  /// For room in the outbox, which credit keeps far from full.
  private static let sendTimeout: Duration = .seconds(5)
  /// For a product under way to end: the process must not end under it.
  private static let lastProduct: Duration = .seconds(20)
  /// For the goodbye to leave.
  private static let farewell: Duration = .seconds(1)

  /// Opens the dataset and begins to connect; the coordinator need not be there yet.
  /// - Parameters:
  ///   - dataFolders: at least one dataset's.
  ///   - runIdentity: the one run to join; any when nil.
  ///   - leavesAt: when it has to be gone, whatever the run; nil for as long as that lasts.
  ///   - listener: until `work` a request to stop ends the process.
  package init(
    place: ListenerPlace, keys: ExchangeKeys, dataFolders: [String], threads: Int, name: String?,
    runIdentity: String?, patience: Duration, leavesAt: Instant? = nil,
    gradients source: GradientSource = .objective(), listener: StopListener
  ) throws {
    self.source = source
    let keys = try keys.worker(to: place)
    self.listener = listener
    datasets = try Dataset.versions(folders: dataFolders, limit: 1 + WireLimits.earlierVersions)
    let dataset = datasets[0]
    logger = try RunLog(path: nil, console: Console()).logger(label: "worker")
    pool = ThreadPool(threadCount: threads)
    if let shortfall = pool.shortfall {
      logger.warning(
        "\(shortfall); computing goes on with \(pool.threadCount) of \(threads) threads")
    }
    let process = ProcessInfo.processInfo
    var settings = WorkerSettings(
      name: name ?? "\(process.hostName)-\(process.processIdentifier)",
      processNonce: UInt64.random(in: 1 ... .max), datasetDigest: dataset.digest,
      heldShards: dataset.presentShards, threads: pool.threadCount,
      arithmetic: Arithmetic.version, coordinatorTimeout: patience, runIdentity: runIdentity)
    settings.leavesAt = leavesAt
    // A launcher ends its workers itself.
    settings.outlivesStops = !listener.isSupervised
    settings.earlierVersions = Self.announced(
      datasets.dropFirst(), beside: settings.heldShards.count)
    core = WorkerCore(settings: settings, now: .monotonicNow())
    // The window is not known yet: room for the largest that a configuration allows.
    var limits = EndpointLimits(window: Int(WireLimits.window.upperBound))
    // Who waits for a short time only hears why in vain, too.
    limits.troublePatience = min(limits.troublePatience, patience / 2)
    endpoint = try Endpoint.connect(place, limits: limits, security: keys.security)
    events = LoopQueue(capacity: 1024, wakes: endpoint)
    let shards = HumanFormat.counted(core.settings.heldShards.count, "shard")
    let owner = keys.name.map { ", with the key of \($0)," } ?? ""
    logger.info(
      "\(core.settings.name)\(owner) connects to \(place) with \(shards) of dataset \(dataset.digest)"
    )
  }

  /// Runs until the run ends, the coordinator refuses or stays away, or somebody asks to stop.
  package func work() throws -> ExitStatus {
    let events = events
    listener.handOver { events.post(.stopRequested) }
    var nextTick = Instant.monotonicNow()
    while ending == nil {
      while let event = events.next() { process(event) }
      let now = Instant.monotonicNow()
      if now >= nextTick {
        nextTick = now + Self.tickInterval
        process(.tick)
        if let summary = limitedLog.summary(at: now) { logger.warning("\(summary)") }
      }
      if let received = endpoint.receive(timeout: nextTick - now) { handle(received) }
    }
    events.close()
    leases.close()
    endpoint.close(linger: Self.farewell)
    model?.close(timeout: Self.lastProduct)
    guard let ending else { return .failure }
    if ending.isClean {
      logger.info("\(ending.reason)")
    } else {
      logger.error("\(ending.reason)")
    }
    return ExitStatus(ending.kind)
  }

  private func handle(_ received: Received) {
    let now = Instant.monotonicNow()
    switch received {
    case .turnedAway: break  // A connecting endpoint lets nobody in.
    case .connected:
      budget = .ofConnection(at: now)
      process(.connected)
    case .disconnected:
      process(.disconnected)
    case .trouble(let trouble):
      process(.troubled("\(trouble)"))
    case .refused(_, let error):
      logRateLimited("a message was dropped: \(error)", at: now)
      charge(.unreadable, at: now)
    case .message(_, let frames):
      do {
        let lines = process(.message(try Stamped<CoordinatorMessage>(frames: frames)))
        if lines > 0 { charge(.lines(lines), at: now) }
      } catch {
        logRateLimited("a message that cannot be read came from the coordinator: \(error)", at: now)
        charge(.unreadable, at: now)
      }
    }
  }

  /// Charges the coordinator's connection, and cuts it when its budget is spent; the endpoint
  /// connects again.
  private func charge(_ act: PeerCharge, at now: Instant) {
    if budget.charge(act, at: now) { return }
    logRateLimited(
      "what came from the coordinator's address makes no sense; connecting anew", at: now)
    limitedLog.noteCutOff()
    endpoint.disconnect()
  }

  private func logRateLimited(_ text: String, at now: Instant) {
    if let line = limitedLog.line(text, at: now) { logger.warning("\(line)") }
  }

  /// - Returns: how many lines in the log the event itself gave rise to.
  @discardableResult
  private func process(_ event: WorkerEvent) -> Int {
    var events = [event]
    var lines: Int?
    while !events.isEmpty {
      let commands = core.handle(events.removeFirst(), at: .monotonicNow())
      if lines == nil {
        lines = commands.count { if case .log = $0 { true } else { false } }
      }
      for command in commands {
        if let result = execute(command) { events.append(result) }
      }
    }
    return lines ?? 0
  }

  private func execute(_ command: WorkerCommand) -> WorkerEvent? {
    switch command {
    case .send(let message):
      send(message)
    case .prepare(let welcome):
      do {
        model = try prepare(welcome)
        return .prepared
      } catch {
        return .preparationFailed(reason: "\(error)")
      }
    case .applyReplicaChunk(let chunk, let from, let to, let payload):
      guard let model else { preconditionFailure("a chunk is applied before the model is there") }
      return model.replica.apply(chunk, from: from, to: to, payload)
    case .start(let lease):
      leases.send(lease)
    case .cancelWork(let lease):
      model?.cancel(lease)
    case .log(let level, let text):
      logger.log(level: level.severity, "\(text)")
    case .end(let ending):
      self.ending = ending
    }
    return nil
  }

  private func send(_ message: Stamped<WorkerMessage>) {
    do {
      if endpoint.send(try message.frames(), timeout: Self.sendTimeout) != .accepted {
        logger.warning("the coordinator takes no messages; one was dropped")
      }
    } catch {
      logger.error("a message was not sent: \(error)")
    }
  }

  /// As many earlier versions as a greeting has room for.
  private static func announced(
    _ versions: ArraySlice<Dataset>, beside count: Int
  ) -> [DatasetVersion] {
    var room = WireLimits.heldShards - count
    return versions.compactMap { version in
      let shards = version.presentShards
      if shards.isEmpty || shards.count > room { return nil }
      room -= shards.count
      return DatasetVersion(digest: version.digest, heldShards: shards)
    }
  }

  private func prepare(_ welcome: Welcome) throws -> WorkerModel {
    let model = try WorkerModel(
      of: welcome, datasets.first { $0.digest == core.datasetDigest } ?? datasets[0], source,
      pool: pool, leases: leases, tell: events.post)
    if let remark = model.remark { logger.warning("\(remark)") }
    logger.info("joined run \(welcome.runIdentity) (\(model.runFolder)) at step \(welcome.step)")
    return model
  }
}

extension ExitStatus {
  init(_ kind: WorkerEnding.Kind) {
    switch kind {
    case .runFinished: self = .done
    case .asked, .coordinatorStopped, .coordinatorFailed: self = .left
    case .runDiverged: self = .diverged
    case .gaveUpWaiting: self = .gaveUpWaiting
    case .refused: self = .refused
    case .failed: self = .failure
    }
  }
}
