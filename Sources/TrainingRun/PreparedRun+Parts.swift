// The parts of a run as its configuration describes them: parameters, optimizer, schedules, and
// what its coordinator goes by.

import Basics
import Checkpoints
import Compression
import Configuration
import Coordination
import Objectives
import Optimizer
import Tensors

extension PreparedRun {
  package var keepsJournal: Bool { configuration.checkpoints.journalBytes > 0 }

  /// What was taken from where for the first step; nil where its parameters are random.
  package var origin: String? {
    get throws {
      if configuration.model.initialDigest == nil { return nil }
      return InitialParameters.origin(in: try SafetensorsFile(folder.initial))
    }
  }

  /// In the layout of the model.
  func initialParameters() throws -> FloatBuffer {
    try savedStart()?.values
      ?? model.parameterLayout.initialParameters(seed: configuration.run.seed)
  }

  private func savedStart() throws -> InitialParameters? {
    guard let digest = configuration.model.initialDigest else { return nil }
    return try InitialParameters(
      readingFrom: folder.initial, layout: model.parameterLayout, digest: digest)
  }

  /// What a new run begins with; nil where that is random.
  /// - Throws: `RunError` where nothing that fits is there, or not what `model.initialDigest` says.
  func newStart() throws -> InitialParameters? {
    guard let place = configuration.model.initialFrom else { return nil }
    let start = try InitialParameters(
      StartingFile(place, for: model), for: model, bands: dataset.description.bands.map(\.name),
      seed: configuration.run.seed)
    if let expected = configuration.model.initialDigest, expected != start.digest.description {
      throw RunError(
        description: "model.initialFrom gives parameters of digest \(start.digest), and "
          + "model.initialDigest is \(expected): leave that out, or name what it is of")
    }
    return start
  }
}

extension ParameterStore {
  /// At step 0 of a run.
  /// - Throws: what is wrong with the file of its first parameters.
  package convenience init(run: PreparedRun, pool: ThreadPool) throws {
    let configuration = run.configuration
    self.init(
      layout: run.model.parameterLayout,
      initial: try run.initialParameters(),
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
