// What a run is told: plain values with their defaults. What each means, and what it may be, is
// written once, in `RunConfiguration+Fields.swift`; how they are read from YAML is in
// `RunConfiguration+Parsing.swift`.

import Compression
import Foundations
import NeighborMAE

/// Every value of a run, grouped as in its YAML file: `configuration.training.steps` is `steps`
/// under `training`.
public struct RunConfiguration: Equatable, Sendable {
  public var run = Run()
  public var data = Data()
  public var model = Model()
  public var training = Training()
  public var optimizer = Optimizer()
  public var maskRatio = MaskRatio()
  public var exchange = Exchange()
  public var evaluation = Evaluation()
  public var checkpoints = Checkpoints()
  public var shards = Shards()
  public var workers = Workers()
  public var liveness = Liveness()

  /// The defaults.
  public init() {}

  public struct Run: Equatable, Sendable {
    public var folder = "runs/terrane"
    public var seed: UInt64 = 1
  }

  public struct Data: Equatable, Sendable {
    public var folder = "data/landsat"
    public var neighbourChoice = NeighbourChoice.overlap
  }

  /// A preset, and what differs from it: nil is the preset's own value.
  public struct Model: Equatable, Sendable {
    public var preset = ModelPreset.tiny
    public var normalizesPatches = true
    public var imageSide: Int?
    public var patchSide: Int?
    public var width: Int?
    public var depth: Int?
    public var heads: Int?
    public var decoderWidth: Int?
    public var decoderDepth: Int?
    public var decoderHeads: Int?
  }

  public struct Training: Equatable, Sendable {
    public var steps = 300
    public var microbatchesPerStep = 4
    public var pairsPerMicrobatch = 8

    public var pairsPerStep: Int { microbatchesPerStep * pairsPerMicrobatch }
  }

  public struct Optimizer: Equatable, Sendable {
    public var baseLearningRate = 1.5e-4
    public var minimumLearningRate = 0.0
    public var warmupShare = 0.05
    public var weightDecay = 0.05
    public var beta1 = 0.9
    public var beta2 = 0.95
    public var epsilon = 1e-8
    public var clipNorm = 0.0
    public var onDivergence = OnDivergence.stop
    public var divergenceFactor = 10.0

    public enum OnDivergence: String, CaseIterable, Sendable {
      /// End the run.
      case stop
      /// Count the step and change nothing.
      case skip
    }
  }

  public struct MaskRatio: Equatable, Sendable {
    public enum Schedule: String, CaseIterable, Sendable {
      /// The bounds stay.
      case constant
      /// The bounds move linearly over the first `rampSteps` steps.
      case ramp
    }

    public var schedule = Schedule.constant
    public var minimum = 0.75
    public var maximum = 0.85
    public var startMinimum = 0.6
    public var startMaximum = 0.7
    public var rampSteps = 100

    /// The bounds of a constant schedule, and those a ramp ends with.
    public var bounds: MaskRatioBounds {
      MaskRatioBounds(minimum: Float(minimum), maximum: Float(maximum))
    }

    /// The bounds a ramp begins with.
    public var startBounds: MaskRatioBounds {
      MaskRatioBounds(minimum: Float(startMinimum), maximum: Float(startMaximum))
    }
  }

  public struct Exchange: Equatable, Sendable {
    public var gradientCodec = CodecKind.bfloat16
    public var parameterCodec = CodecKind.bfloat16
    public var window = 8
    public var bufferBytes = 1 << 30
  }

  public struct Evaluation: Equatable, Sendable {
    public var everySteps = 50
    public var pairs = 64
  }

  public struct Checkpoints: Equatable, Sendable {
    public var everySteps = 50
    public var keepLast = 3
    public var keepEvery = 0
    public var journalBytes = 8 << 30
  }

  public struct Shards: Equatable, Sendable {
    public enum OnLoss: String, CaseIterable, Sendable {
      /// End with a checkpoint.
      case stop
      /// Go on without the shard's data.
      case skip
    }

    public var onLoss = OnLoss.stop
    public var lossTimeout = Duration.seconds(600)
  }

  public struct Workers: Equatable, Sendable {
    public var count = 2
    public var threads = 1
  }

  public struct Liveness: Equatable, Sendable {
    public var heartbeatInterval = Duration.seconds(1)
    public var heartbeatTimeout = Duration.seconds(10)
    public var coordinatorTimeout = Duration.seconds(60)
    public var shortestLease = Duration.seconds(5)
    public var longestLease = Duration.seconds(600)
  }
}

extension RunConfiguration {
  /// The model for images of so many bands: the preset with this run's differences.
  /// - Throws: `ModelConfigurationError` when they fit no model.
  public func modelConfiguration(
    channels: Int
  ) throws(ModelConfigurationError) -> ModelConfiguration {
    var result = model.preset.configuration(channels: channels)
    result.normalizesPatches = model.normalizesPatches
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

  /// The highest learning rate of the run: the base one scaled by the images of a step over 256
  /// (Goyal et al., "Accurate, large minibatch SGD", 2017, as MAE uses it).
  public var peakLearningRate: Double {
    let images = training.pairsPerStep * ModelConfiguration.imagesPerPair
    return optimizer.baseLearningRate * Double(images) / 256
  }
}
