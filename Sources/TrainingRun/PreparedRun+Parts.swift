// The parts of a run as its configuration describes them: parameters, optimizer, schedules, and
// what its coordinator goes by.

import Basics
import Compression
import Configuration
import Coordination
import Objectives
import Optimizer

extension PreparedRun {
  package var keepsJournal: Bool { configuration.checkpoints.journalBytes > 0 }
}

extension ParameterStore {
  /// At step 0 of a run.
  package convenience init(run: PreparedRun, pool: ThreadPool) {
    let configuration = run.configuration
    self.init(
      layout: run.model.parameterLayout,
      initial: run.model.parameterLayout.initialParameters(seed: configuration.run.seed),
      optimizer: AdamW(configuration.optimizer), schedule: LearningRateSchedule(configuration),
      clipNorm: configuration.optimizer.clipNorm, average: configuration.optimizer.average,
      gradientKind: configuration.exchange.gradientCodec,
      deltaKind: configuration.exchange.parameterCodec, seed: configuration.run.seed,
      fingerprintKey: .random(in: 0 ... .max), pool: pool)
  }
}

extension CoordinatorSettings {
  /// What a run's configuration, dataset and state say; the rest is the process' own.
  /// - Throws: `RunError` when the dataset has no training chip.
  package init(_ run: PreparedRun, state: RunState) throws {
    let configuration = run.configuration
    let plans = try MicrobatchPlans(configuration, run.dataset.description)
    self.init(
      runIdentity: run.identity, datasetDigest: run.dataset.digest,
      configurationYAML: configuration.resolvedYAML, arithmetic: Arithmetic.version,
      plan: plans.training, maskRatio: state.maskRatio,
      steps: Step(index: configuration.training.steps),
      evaluationInterval: configuration.evaluation.everySteps, evaluationPlan: plans.evaluation,
      checkpointInterval: configuration.checkpoints.everySteps,
      journalBytes: configuration.checkpoints.journalBytes,
      parameterCount: run.model.parameterLayout.count,
      pixelsPerPair: configuration.model.objective.imagesPerSample * run.model.pixelsPerImage,
      window: configuration.exchange.window,
      bufferBytes: configuration.exchange.bufferBytes,
      heartbeatInterval: configuration.liveness.heartbeatInterval,
      heartbeatTimeout: configuration.liveness.heartbeatTimeout,
      shortestLease: configuration.liveness.shortestLease,
      longestLease: configuration.liveness.longestLease,
      shardLossTimeout: configuration.shards.lossTimeout,
      shardLossPolicy: configuration.shards.onLoss == .skip ? .skip : .stop)
    measures = configuration.model.objective.measures
    checkpointsKept = configuration.checkpoints.keepLast
    keepsJournalAtEnd = configuration.checkpoints.keepJournal
    gradientChunkBytes = TensorCodec.maximumEncodedBytes(
      configuration.exchange.gradientCodec,
      ChunkedLayout(run.model.parameterLayout, valuesPerChunk: valuesPerChunk))
    clipsGradients = configuration.optimizer.clipNorm > 0
    onDivergence =
      switch configuration.optimizer.onDivergence {
      case .stop: .stop
      case .skip: .skip(factor: configuration.optimizer.divergenceFactor)
      }
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
      imagesPerStep: configuration.imagesPerStep,
      stepCount: training.steps, warmUpShare: configuration.optimizer.warmupShare)
  }
}
