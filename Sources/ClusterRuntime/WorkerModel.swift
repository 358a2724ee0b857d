// What a worker allocates once it knows the run: replica, objective, and the thread that computes.

import Basics
import Compression
import Configuration
import Coordination
import Imagery
import MAE
import NeighborMAE
import Objectives
import Sampling
import Tensors
import TrainingRun
import Wire

struct WorkerModel {
  let replica: Replica
  /// Makes the work on a lease stop soon.
  let cancel: (LeaseID) -> Void
  /// As the coordinator has it.
  let runFolder: String
  /// Nil where no pixels are read.
  private let shards: ShardThread?
  private let thread: SystemThread

  /// - Parameters:
  ///   - dataset: the run's version.
  ///   - leases: what is to be computed, one at a time.
  ///   - tell: called on the thread that computes.
  /// - Throws: `RunError` when the coordinator's model is another one; what there is no memory or
  ///   thread for.
  init(
    of welcome: Welcome, _ dataset: Dataset, _ source: GradientSource, pool: ThreadPool,
    leases: BlockingQueue<Lease>, tell: @escaping @Sendable (WorkerEvent) -> Void
  ) throws {
    let configuration = try RunConfiguration(
      yaml: welcome.configurationYAML, path: "the coordinator's configuration")
    let shape = try configuration.modelConfiguration(channels: dataset.description.bands.count)
    let grid = shape.parameterLayout.grid
    guard UInt64(grid.valueCount) == welcome.parameterCount else {
      throw RunError(
        description: "the coordinator's model has \(welcome.parameterCount) parameters, this "
          + "worker's \(grid.valueCount); install the same release of Terrane on both")
    }
    // Replica and gradient.
    try FreeMemory.check(
      for: 2 * grid.valueCount * MemoryLayout<Float>.stride, "the run's model")
    let replica = Replica(
      codec: TensorCodec(ChunkedLayout(shape.parameterLayout)),
      deltaKind: configuration.exchange.parameterCodec)
    self.replica = replica
    let parameters = replica.values
    runFolder = configuration.run.folder
    func begin<Objective: PretrainingObjective & SendableMetatype>(
      _ objective: Objective, loadBatch: @escaping (Lease) throws -> Objective.Batch
    ) throws -> (cancel: (LeaseID) -> Void, thread: SystemThread) {
      let computer = GradientComputer(
        objective: objective, codec: configuration.exchange.gradientCodec,
        seed: configuration.run.seed, loadBatch: loadBatch)
      let thread = try Self.start(leases) {
        computer.work(on: $0, parameters: parameters, tell: tell)
      }
      return (computer.cancel, thread)
    }
    switch source {
    case .objective:
      let plans = try MicrobatchPlans(configuration, dataset.description)
      let shards = try ShardThread(dataset, plans.training)
      shards.foresee(welcome.step)
      func load<Loader: MicrobatchLoader>(by loader: Loader) -> (Lease) throws -> Loader.Batch {
        { lease in
          // Whatever number a coordinator gave it, the next one is a step.
          shards.foresee(Step(lease.step.rawValue &+ 1))
          try loader.load(plans.draw(for: lease))
          return loader.batch
        }
      }
      let chips = ChipSource(dataset: dataset, plans: plans, openShard: shards.open)
      self.shards = shards
      switch configuration.model.objective {
      case .neighborMAE:
        let loader = plans.pairLoader(chips, for: shape)
        let network = NeighborMAENetwork(
          configuration: shape, capacity: loader.capacity, pool: pool)
        (cancel, thread) = try begin(network, loadBatch: load(by: loader))
      case .mae:
        let loader = plans.imageLoader(chips, for: shape)
        let network = MAENetwork(configuration: shape, capacity: loader.capacity, pool: pool)
        (cancel, thread) = try begin(network, loadBatch: load(by: loader))
      }
    case .madeUp:
      guard dataset.description.scenes.map(\.name) == [GradientSource.benchmarkScene] else {
        throw RunError(description: "only terrane bench exchange may make gradients up")
      }
      let objective = MadeUpGradients(
        layout: shape.parameterLayout, measures: configuration.model.objective.measures,
        pairs: configuration.training.pairsPerMicrobatch)
      shards = nil
      (cancel, thread) = try begin(objective) { _ in }
    }
  }

  /// Ends its threads.
  /// - Parameter timeout: for the one that computes.
  func close(timeout: Duration) {
    shards?.close()
    thread.join(timeout: timeout)
  }

  private static func start(
    _ leases: BlockingQueue<Lease>, work: @escaping @Sendable (Lease) -> Void
  ) throws -> SystemThread {
    // All is allocated, and what was not touched yet takes no memory: now its size is known to the
    // byte.
    try FreeMemory.check(
      for: Pages.mappedBytes, "the run's model with its activations", isMapped: true)
    return try SystemThread("gradients") {
      while let lease = leases.receive(timeout: nil) { work(lease) }
    }
  }
}
