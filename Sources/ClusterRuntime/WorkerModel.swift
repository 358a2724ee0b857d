// What a worker allocates once it knows the run: replica, objective, and the thread that computes.

import Basics
import Compression
import Configuration
import Coordination
import Imagery
import Tensors
import TrainingRun
import Wire

struct WorkerModel {
  let replica: Replica
  /// Makes the work on a lease stop soon.
  let cancel: (LeaseID) -> Void
  /// As the coordinator has it.
  let runFolder: String
  /// What is to be said of how this machine computes the run, if anything.
  let remark: String?
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
    try FreeMemory.check(
      for: MemoryNeeds.workerBytes(parameters: grid.valueCount), "the run's model")
    let replica = Replica(
      codec: TensorCodec(ChunkedLayout(shape.parameterLayout)),
      deltaKind: configuration.exchange.parameterCodec)
    self.replica = replica
    runFolder = configuration.run.folder
    remark = shape.arithmeticRemark
    let start = ComputingStart(
      configuration: configuration, parameters: replica.values, leases: leases, tell: tell)
    switch source {
    case .objective(let path):
      let plans = try MicrobatchPlans(configuration, dataset.description)
      let shards = try ShardThread(dataset, plans.training)
      shards.foresee(welcome.step)
      self.shards = shards
      (cancel, thread) = try start.begin(shape, dataset, plans, shards, pool: pool, path: path)
    case .madeUp:
      guard dataset.description.scenes.map(\.name) == [GradientSource.benchmarkScene] else {
        throw RunError(description: "only terrane bench exchange may make gradients up")
      }
      let objective = MadeUpGradients(
        layout: shape.parameterLayout, measures: configuration.model.objective.measures,
        pairs: configuration.training.pairsPerMicrobatch)
      shards = nil
      (cancel, thread) = try start.begin(objective) { _ in }
    }
  }

  /// Ends its threads.
  /// - Parameter timeout: for the one that computes.
  func close(timeout: Duration) {
    shards?.close()
    thread.join(timeout: timeout)
  }
}
