// What a run is told: plain values with their defaults. What each means, and what it may be, is
// written once, in `RunConfiguration+Fields.swift`; how they are read from YAML is in
// `RunConfiguration+Parsing.swift`.

import Basics
import Compression
import MaskedAutoencoding

/// Every value of a run, grouped as in its YAML file: `configuration.training.steps` is `steps`
/// under `training`.
package struct RunConfiguration: Equatable, Sendable {
  package var run = Run()
  package var data = Data()
  package var model = Model()
  package var training = Training()
  package var optimizer = Optimizer()
  package var maskRatio = MaskRatio()
  package var exchange = Exchange()
  package var evaluation = Evaluation()
  package var checkpoints = Checkpoints()
  package var shards = Shards()
  package var workers = Workers()
  package var liveness = Liveness()

  /// The defaults.
  package init() {}

  package struct Run: Equatable, Sendable {
    package var folder = "runs/terrane"
    package var seed: UInt64 = 1
  }

  package struct Data: Equatable, Sendable {
    /// One dataset, or several that are learned from as one.
    package var folder = ["data/landsat"]
    package var neighbourChoice = NeighbourChoice.overlap
    package var neighbourDates = NeighbourDates.any
    /// Nil for any number.
    package var maxDays: Int?
    package var normalization = PixelNormalization.meanAndDeviation
    package var flips = ImageFlips.none
  }

  /// A preset, and what differs from it: nil is the preset's own value.
  package struct Model: Equatable, Sendable {
    package var objective = ObjectiveKind.neighborMAE
    /// With SatMAE++ alone.
    package var upsamplings = 1
    package var lossWeights = LossWeights.defined
    /// Nil for random parameters.
    package var initialFrom: String?
    /// Of all parameters, once they were taken from there.
    package var initialDigest: String?
    package var arithmetic = ProductArithmetic.float32
    package var preset = ModelPreset.tiny
    package var normalizesPatches = true
    package var imageSide: Int?
    package var patchSide: Int?
    package var width: Int?
    package var depth: Int?
    package var heads: Int?
    package var decoderWidth: Int?
    package var decoderDepth: Int?
    package var decoderHeads: Int?
  }

  package struct Training: Equatable, Sendable {
    package var steps = 300
    package var microbatchesPerStep = 4
    package var pairsPerMicrobatch = 8

    package var pairsPerStep: Int { microbatchesPerStep * pairsPerMicrobatch }
  }

  package struct Optimizer: Equatable, Sendable {
    package var baseLearningRate = 1.5e-4
    package var minimumLearningRate = 0.0
    package var warmupShare = 0.05
    package var weightDecay = 0.05
    package var beta1 = 0.9
    package var beta2 = 0.95
    package var epsilon = 1e-8
    package var clipNorm = 0.0
    package var onDivergence = OnDivergence.stop
    package var divergenceFactor = 10.0
    package var average = 0.0

    package enum OnDivergence: String, CaseIterable, Sendable {
      /// End the run.
      case stop
      /// Count the step and change nothing.
      case skip
    }
  }

  package struct MaskRatio: Equatable, Sendable {
    package enum Schedule: String, CaseIterable, Sendable {
      /// The bounds stay.
      case constant
      /// The bounds move linearly over the first `rampSteps` steps.
      case ramp
    }

    package var schedule = Schedule.constant
    package var minimum = 0.75
    package var maximum = 0.85
    package var startMinimum = 0.6
    package var startMaximum = 0.7
    package var rampSteps = 100

    /// The bounds of a constant schedule, and those a ramp ends with.
    package var bounds: MaskRatioBounds {
      MaskRatioBounds(minimum: Float(minimum), maximum: Float(maximum))
    }

    /// The bounds a ramp begins with.
    package var startBounds: MaskRatioBounds {
      MaskRatioBounds(minimum: Float(startMinimum), maximum: Float(startMaximum))
    }
  }

  package struct Exchange: Equatable, Sendable {
    package var gradientCodec = CodecKind.bfloat16
    package var parameterCodec = CodecKind.bfloat16
    package var window = 8
    package var bufferBytes = 1 << 30
  }

  package struct Evaluation: Equatable, Sendable {
    package var everySteps = 50
    package var pairs = 64
    /// The labels of the probe; nil for none.
    package var probe: String?
    package var probeField: String?
    package var probeSplit: String?
    package var probeBand: Int?
    package var probeEverySteps = 500
  }

  package struct Checkpoints: Equatable, Sendable {
    package var everySteps = 50
    package var keepLast = 3
    package var keepEvery = 0
    package var keepBest = false
    package var journalBytes = 8 << 30
    package var keepJournal = false
  }

  package struct Shards: Equatable, Sendable {
    package enum OnLoss: String, CaseIterable, Sendable {
      /// End with a checkpoint.
      case stop
      /// Go on without the shard's data.
      case skip
    }

    package var onLoss = OnLoss.stop
    package var lossTimeout = Duration.seconds(600)
  }

  package struct Workers: Equatable, Sendable {
    package var count = 2
    package var threads = 1
  }

  package struct Liveness: Equatable, Sendable {
    package var heartbeatInterval = Duration.seconds(1)
    package var heartbeatTimeout = Duration.seconds(10)
    package var coordinatorTimeout = Duration.seconds(60)
    package var shortestLease = Duration.seconds(5)
    package var longestLease = Duration.seconds(600)
  }
}

extension RunConfiguration {
  /// The model for images of so many bands: the preset with this run's differences.
  /// - Throws: `ModelConfigurationError` when they fit no model.
  package func modelConfiguration(
    channels: Int
  ) throws(ModelConfigurationError) -> ModelConfiguration {
    var result = model.preset.configuration(channels: channels)
    result.normalizesPatches = model.normalizesPatches
    result.arithmetic = model.arithmetic
    result.upsamplings = model.objective == .satMAEpp ? model.upsamplings : 0
    result.imageSide = model.imageSide ?? result.imageSide
    result.patchSide = model.patchSide ?? result.patchSide
    result.width = model.width ?? result.width
    result.depth = model.depth ?? result.depth
    result.heads = model.heads ?? result.heads
    result.decoderWidth = model.decoderWidth ?? result.decoderWidth
    result.decoderDepth = model.decoderDepth ?? result.decoderDepth
    result.decoderHeads = model.decoderHeads ?? result.decoderHeads
    try result.validate()
    return result
  }

  /// Images that a step learns from.
  package var imagesPerStep: Int { training.pairsPerStep * model.objective.imagesPerSample }

  /// The highest learning rate of the run: the base one scaled by the images of a step over 256
  /// (Goyal et al., "Accurate, large minibatch SGD", 2017, as MAE uses it).
  package var peakLearningRate: Double {
    optimizer.baseLearningRate * Double(imagesPerStep) / 256
  }
}
