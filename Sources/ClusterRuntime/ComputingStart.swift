// How the thread that computes begins, for each objective. Not here: what it computes on a lease
// (`GradientComputer`).

import Basics
import Configuration
import Coordination
import Imagery
import MAE
import MaskedAutoencoding
import NeighborMAE
import Objectives
import Sampling
import SatMAEpp
import Tensors
import TrainingRun
import Wire

/// What such a thread needs whatever the objective.
struct ComputingStart {
  let configuration: RunConfiguration
  /// The replica.
  let parameters: FloatBuffer
  /// What is to be computed, one at a time.
  let leases: BlockingQueue<Lease>
  /// Called on the thread.
  let tell: @Sendable (WorkerEvent) -> Void

  /// Its thread, and what makes the work on a lease stop soon.
  typealias Begun = (cancel: (LeaseID) -> Void, thread: SystemThread)

  /// Begins with the run's objective.
  /// - Throws: what there is no memory or thread for.
  func begin(
    _ model: ModelConfiguration, _ dataset: Dataset, _ plans: MicrobatchPlans,
    _ shards: ShardThread, pool: ThreadPool, path: ProductPath?
  ) throws -> Begun {
    func load<Loader: MicrobatchLoader>(by loader: Loader) -> (Lease) throws -> Loader.Batch {
      { lease in
        // Whatever number a coordinator gave it, the next one is a step.
        shards.foresee(Step(lease.step.rawValue &+ 1))
        try loader.load(plans.draw(for: lease))
        return loader.batch
      }
    }
    let chips = ChipSource(dataset: dataset, plans: plans, openShard: shards.open)
    switch configuration.model.objective {
    case .neighborMAE:
      let loader = plans.pairLoader(chips, for: model)
      let network = NeighborMAENetwork(
        configuration: model, capacity: loader.capacity,
        lossWeights: configuration.model.lossWeights, pool: pool, path: path)
      return try begin(network, loadBatch: load(by: loader))
    case .mae:
      let loader = plans.imageLoader(chips, for: model)
      let network = MAENetwork(
        configuration: model, capacity: loader.capacity, pool: pool, path: path)
      return try begin(network, loadBatch: load(by: loader))
    case .satMAEpp:
      let loader = plans.multiScaleLoader(chips, for: model)
      let network = SatMAEppNetwork(
        configuration: model, capacity: loader.capacity, pool: pool, path: path)
      return try begin(network, loadBatch: load(by: loader))
    }
  }

  /// Begins with any objective.
  func begin<Objective: PretrainingObjective & SendableMetatype>(
    _ objective: Objective, loadBatch: @escaping (Lease) throws -> Objective.Batch
  ) throws -> Begun {
    let computer = GradientComputer(
      objective: objective, codec: configuration.exchange.gradientCodec,
      seed: configuration.run.seed, loadBatch: loadBatch)
    // All is allocated, and what was not touched yet takes no memory: now its size is known to the
    // byte.
    try FreeMemory.check(
      for: Pages.mappedBytes, "the run's model with its activations", isMapped: true)
    let thread = try SystemThread("gradients") { [leases, parameters, tell] in
      while let lease = leases.receive(timeout: nil) {
        computer.work(on: lease, parameters: parameters, tell: tell)
      }
    }
    return (computer.cancel, thread)
  }
}
