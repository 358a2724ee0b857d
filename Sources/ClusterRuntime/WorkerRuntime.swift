// The worker's process: carries out what `WorkerCore` orders, and tells it what happened. This loop
// and a thread that computes; the endpoint has one of its own.

import Basics
import Compression
import Configuration
import Coordination
import Foundation
import Imagery
import Logging
import NeighborMAE
import Observability
import Sampling
import Tensors
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
  private let events: LoopQueue<WorkerEvent>
  private let leases = BlockingQueue<Lease>(capacity: 1)
  private var core: WorkerCore
  private var model: LocalModel?
  private var ending: WorkerEnding?
  /// What the connection at hand may still cost.
  private var budget = PeerBudget.ofConnection(at: .monotonicNow())
  private var limitedLog = RateLimitedLog()

  /// What is allocated once the run is known.
  private struct LocalModel {
    let replica: Replica
    let computer: GradientComputer<NeighborMAENetwork>
    let shards: ShardThread
    /// Runs the computer.
    let thread: SystemThread
  }

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
  ///   - listener: until `work` a request to stop ends the process.
  package init(
    address: String, dataFolders: [String], threads: Int, name: String?, runIdentity: String?,
    patience: Duration, listener: StopListener
  ) throws {
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
    settings.earlierVersions = Self.announced(
      datasets.dropFirst(), beside: settings.heldShards.count)
    core = WorkerCore(settings: settings, now: .monotonicNow())
    // The window is not known yet: room for the largest that a configuration allows.
    var limits = EndpointLimits(window: Int(WireLimits.window.upperBound))
    // Who waits for a short time only hears why in vain, too.
    limits.troublePatience = min(limits.troublePatience, patience / 2)
    endpoint = try Endpoint.connect(address, limits: limits)
    events = LoopQueue(capacity: 1024, wakes: endpoint)
    let shards = HumanFormat.counted(core.settings.heldShards.count, "shard")
    logger.info(
      "\(core.settings.name) connects to \(address) with \(shards) of dataset \(dataset.digest)")
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
    model?.shards.close()
    model?.thread.join(timeout: Self.lastProduct)
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
      model?.computer.cancel(lease)
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

  /// Allocates what the run needs and starts the thread that computes.
  private func prepare(_ welcome: Welcome) throws -> LocalModel {
    let dataset = datasets.first { $0.digest == core.datasetDigest } ?? datasets[0]
    let configuration = try RunConfiguration(
      yaml: welcome.configurationYAML, path: "the coordinator's configuration")
    let shape = try configuration.modelConfiguration(
      channels: dataset.description.bands.count)
    let grid = shape.parameterLayout.grid
    guard UInt64(grid.valueCount) == welcome.parameterCount else {
      throw RunError(
        description: "the coordinator's model has \(welcome.parameterCount) parameters, this "
          + "worker's \(grid.valueCount); install the same release of Terrane on both")
    }
    // Replica and gradient.
    try FreeMemory.check(
      for: 2 * grid.valueCount * MemoryLayout<Float>.stride, "the run's model")
    let plans = try MicrobatchPlans(configuration, dataset.description)
    let shards = try ShardThread(dataset, plans.training)
    shards.foresee(welcome.step)
    let loader = MicrobatchLoader(
      dataset: dataset, plans: plans, model: shape, openShard: shards.open)
    let computer = GradientComputer(
      objective: NeighborMAENetwork(
        configuration: shape, capacity: loader.batch.capacity, pool: pool),
      codec: configuration.exchange.gradientCodec, seed: configuration.run.seed
    ) { lease in
      try loader.load(plans.draw(for: lease))
      return loader.batch
    }
    let replica = Replica(
      codec: TensorCodec(ChunkedLayout(shape.parameterLayout)),
      deltaKind: configuration.exchange.parameterCodec)
    // All is allocated, and what was not touched yet takes no memory: now its size is known to the
    // byte.
    try FreeMemory.check(
      for: Pages.mappedBytes, "the run's model with its activations", isMapped: true)
    let (leases, events) = (leases, events)
    let parameters = replica.values
    let thread = try SystemThread("gradients") {
      while let lease = leases.receive(timeout: nil) {
        // Whatever number a coordinator gave it, the next one is a step.
        shards.foresee(Step(lease.step.rawValue &+ 1))
        computer.work(on: lease, parameters: parameters, tell: events.post)
      }
    }
    logger.info(
      "joined run \(welcome.runIdentity) (\(configuration.run.folder)) at step \(welcome.step)")
    return LocalModel(replica: replica, computer: computer, shards: shards, thread: thread)
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
