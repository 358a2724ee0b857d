// From a run's folder to a coordinator that can go on.

import Checkpoints
import Configuration
import Coordination
import Foundations
import Logging
import NeighborMAE
import Optimizer
import Transport
import Wire

extension CoordinatorRuntime {
  /// Loads the newest valid checkpoint and says which newer ones were passed over; nil where there is none and
  /// the run starts at step 0.
  static func loadNewest(
    of run: PreparedRun, from checkpoints: CheckpointStore, into store: ParameterStore,
    _ logger: Logger
  ) throws -> RunState? {
    let newest = try checkpoints.newestValid()
    for rejection in newest.rejected {
      logger.warning("passed over the checkpoint of step \(rejection.step): \(rejection.reason)")
    }
    guard let checkpoint = newest.checkpoint else {
      if !newest.rejected.isEmpty {
        logger.warning("no checkpoint of \(run.folder.path) is whole; starting again at step 0")
      }
      return nil
    }
    let state = try checkpoints.state(of: checkpoint, as: RunState.self)
    guard state.runIdentity == run.identity else {
      throw RunError(
        description: "\(checkpoint.path) belongs to run \(state.runIdentity), and this is run "
          + "\(run.identity): its configuration or its dataset was changed; put back the ones it "
          + "was made with, or start a new run")
    }
    try checkpoints.load(checkpoint, into: store.tensors)
    store.adopt(step: checkpoint.step)
    guard store.digest == state.digest else {
      throw RunError(
        description: "the replica in \(checkpoint.path) has digest \(store.digest), but its state "
          + "says \(state.digest); remove that folder to go on from the checkpoint before it")
    }
    logger.info("loaded \(checkpoint.path)")
    return state
  }
}

extension CoordinatorSettings {
  init(_ run: PreparedRun, state: RunState?) throws {
    let configuration = run.configuration
    let plans = try MicrobatchPlans(configuration, run.dataset.description)
    self.init(
      runIdentity: run.identity, datasetDigest: run.dataset.digest,
      configurationYAML: configuration.resolvedYAML, blasKernel: state?.blasKernel,
      plan: plans.training, maskRatio: state?.maskRatio ?? configuration.maskRatio.plan,
      steps: Step(index: configuration.training.steps),
      evaluationInterval: configuration.evaluation.everySteps, evaluationPlan: plans.evaluation,
      checkpointInterval: configuration.checkpoints.everySteps,
      parameterCount: run.model.parameterLayout.count,
      pixelsPerPair: 2 * run.model.pixelsPerImage, window: configuration.exchange.window,
      bufferBytes: configuration.exchange.bufferBytes,
      heartbeatInterval: configuration.liveness.heartbeatInterval,
      heartbeatTimeout: configuration.liveness.heartbeatTimeout,
      shortestLease: configuration.liveness.shortestLease,
      longestLease: configuration.liveness.longestLease)
  }
}

extension RunConfiguration.MaskRatio {
  var plan: MaskRatioSchedule {
    switch schedule {
    case .constant: .constant(bounds)
    case .ramp: .ramp(start: startBounds, end: bounds, steps: rampSteps)
    }
  }
}

extension AdamW {
  init(_ configuration: RunConfiguration.Optimizer) {
    self.init(
      beta1: configuration.beta1, beta2: configuration.beta2, epsilon: configuration.epsilon,
      weightDecay: configuration.weightDecay)
  }
}

extension LearningRateSchedule {
  init(_ configuration: RunConfiguration) {
    let training = configuration.training
    self.init(
      base: configuration.optimizer.baseLearningRate,
      minimum: configuration.optimizer.minimumLearningRate,
      imagesPerStep: training.pairsPerStep * ModelConfiguration.imagesPerPair,
      stepCount: training.steps, warmUpShare: configuration.optimizer.warmupShare)
  }
}

extension EndpointLimits {
  /// Room in each outbox for two windows of chunks beside all that is small; for who has not been welcomed, room for a
  /// greeting and its answer.
  init(window: Int) {
    self.init()
    frameBytes = WireLimits.frameBytes
    framesPerMessage = WireLimits.framesPerMessage
    outboxBytesPerPeer = max(outboxBytesPerPeer, 2 * window * WireLimits.frameBytes + (8 << 20))
    outboxBytesPerStranger = 64 << 10
    unreadBytesPerStranger = 2 * WireLimits.headerBytes
    unreadBytesOfStrangers = 16 * WireLimits.headerBytes
  }
}
