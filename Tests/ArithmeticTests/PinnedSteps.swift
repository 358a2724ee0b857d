// A few training steps without processes: forward and backward passes, codec, ordered sum, AdamW
// and the delta of the replica, on random pairs or images. Not imagery, and nothing that the
// exchange decides.

import Basics
import Compression
import MAE
import MaskedAutoencoding
import NeighborMAE
import Objectives
import Optimizer
import SatMAEpp
import Tensors
import TrainingRun

/// A model that reaches every kernel: products whose depth is several runs long, in each
/// transposition, sequences of several tiles, and parameters in several chunks.
private let pinnedModel = ModelConfiguration(
  imageSide: 96, patchSide: 12, channels: 3, width: 64, depth: 2, heads: 2, decoderWidth: 48,
  decoderDepth: 2, decoderHeads: 3, mlpRatio: 5)
/// The same with smaller images, as the larger scales are most of the work.
private let pinnedModelOfScales = {
  var model = pinnedModel
  (model.imageSide, model.upsamplings) = (48, 2)
  return model
}()
/// Pairs or images of a microbatch.
private let samples = 3

/// Steps of one objective.
struct PinnedSteps<Objective: PretrainingObjective> {
  private static var microbatches: Int { 2 }
  private static var valuesPerChunk: Int { 1 << 16 }

  private let store: ParameterStore
  private let network: Objective
  private let makeBatch: (inout CounterRandom) throws -> Objective.Batch
  private let gradient: FloatBuffer
  private let encoder: TensorCodec
  private let codec: CodecKind

  /// - Parameters:
  ///   - codec: of gradients and of deltas.
  ///   - makeBatch: from random numbers of a step and a microbatch.
  init(
    of network: Objective, codec: CodecKind, pool: ThreadPool,
    makeBatch: @escaping (inout CounterRandom) throws -> Objective.Batch
  ) {
    let layout = network.layout
    self.network = network
    self.makeBatch = makeBatch
    self.codec = codec
    encoder = TensorCodec(ChunkedLayout(layout, valuesPerChunk: Self.valuesPerChunk))
    store = ParameterStore(
      layout: layout, initial: layout.initialParameters(seed: 1), optimizer: AdamW(),
      schedule: LearningRateSchedule(
        base: 1e-2, minimum: 1e-4, imagesPerStep: 256, stepCount: 8, warmUpShare: 0.25),
      clipNorm: 1, gradientKind: codec, deltaKind: codec, seed: 1, pool: pool,
      valuesPerChunk: Self.valuesPerChunk)
    gradient = FloatBuffer(count: layout.count)
  }

  /// Makes the next step.
  /// - Returns: the digest of everything that a step leaves: gradient sum, master, moments and
  ///   replica.
  func step() throws -> Digest {
    var hidden = 0
    for microbatch in 0..<Self.microbatches {
      var random = CounterRandom(
        seed: 1, purpose: .simulation, store.step.rawValue, UInt32(microbatch))
      let batch = try makeBatch(&random)
      hidden += network.forward(parameters: store.tensors.replica, batch: batch).hidden
      network.backward(
        parameters: store.tensors.replica, batch: batch, gradient: gradient, scale: 1,
        onFinal: { _ in })
      for chunk in store.grid.chunks {
        let values = UnsafeBufferPointer(gradient[store.grid.range(of: chunk)])
        let key = ChunkKey(
          seed: 1, step: store.step, content: .gradient(microbatch: UInt32(microbatch)),
          chunk: chunk)
        try store.reduce(
          chunk, isFirst: microbatch == 0, payload: encoder.encode(values, as: codec, key: key),
          by: encoder)
      }
    }
    let sum = store.gradientDigest
    _ = store.update(hiddenPixels: hidden, norm: store.gradientNorm(hiddenPixels: hidden))
    let tensors = store.tensors
    let vectors = [tensors.master, tensors.firstMoment, tensors.secondMoment]
    return Digest(of: [sum] + vectors.map { $0.digest } + [store.digest])
  }
}

extension FloatBuffer {
  /// Of all its bytes.
  fileprivate var digest: Digest { Digest(of: UnsafeRawBufferPointer(self[0..<count])) }
}

extension PinnedSteps<NeighborMAENetwork> {
  /// Of pairs.
  /// - Parameter path: how to compute products, which chooses no bit.
  init(
    codec: CodecKind, arithmetic: ProductArithmetic = .float32, path: ProductPath? = nil,
    pool: ThreadPool
  ) {
    var model = pinnedModel
    model.arithmetic = arithmetic
    let network = NeighborMAENetwork(
      configuration: model, capacity: samples, pool: pool, path: path)
    self.init(of: network, codec: codec, pool: pool) { try Self.pairs(of: model, &$0) }
  }

  /// Random pixels, every seventh of them invalid, footprints that overlap, and masks.
  private static func pairs(
    of model: ModelConfiguration, _ random: inout CounterRandom
  ) throws -> PairBatch {
    let batch = PairBatch(configuration: model, capacity: samples)
    batch.images.fill(&random)
    let footprints = (0..<samples).map { _ in
      let (right, down) = (random.uniform(), random.uniform())
      return (
        first: Footprint(left: 0, top: 1, right: 1, bottom: 0),
        second: Footprint(left: right, top: 1 - down, right: 1 + right, bottom: -down)
      )
    }
    try batch.prepare(
      footprints: footprints, order: batch.images.order(&random), bounds: .paper)
    return batch
  }
}

extension PinnedSteps<MAENetwork> {
  /// Of single images.
  init(codec: CodecKind, pool: ThreadPool) {
    let network = MAENetwork(configuration: pinnedModel, capacity: samples, pool: pool)
    self.init(of: network, codec: codec, pool: pool) { random in
      let batch = ImageBatch(configuration: pinnedModel, capacity: samples)
      batch.images.fill(&random)
      try batch.prepare(
        count: samples, order: batch.images.order(&random), maskRatio: 0.75)
      return batch
    }
  }
}

extension PinnedSteps<SatMAEppNetwork> {
  /// Of single images at three scales.
  init(codec: CodecKind, pool: ThreadPool) {
    let network = SatMAEppNetwork(
      configuration: pinnedModelOfScales, capacity: samples, pool: pool)
    self.init(of: network, codec: codec, pool: pool) { random in
      let batch = MultiScaleBatch(configuration: pinnedModelOfScales, capacity: samples)
      batch.fill(&random)
      try batch.prepare(
        count: samples, order: batch.base.images.order(&random), maskRatio: 0.75)
      return batch
    }
  }
}

extension MultiScaleBatch {
  /// Random pixels at the largest scale, every seventh of them invalid.
  fileprivate func fill(_ random: inout CounterRandom) {
    for image in 0..<samples {
      let (pixels, validity) = (largestPixels(image: image), largestValidity(image: image))
      for place in 0..<largestGrid.valueCount { pixels[place] = Float(random.normal()) }
      for place in 0..<largestGrid.pixelCount { validity[place] = place % 7 == 0 ? 0 : 1 }
    }
  }
}

extension MaskedImages {
  /// Random pixels, every seventh of them invalid.
  fileprivate func fill(_ random: inout CounterRandom) {
    for place in 0..<pixels.count { pixels.pointer[place] = Float(random.normal()) }
    for place in 0..<validity.count { validity.pointer[place] = place % 7 == 0 ? 0 : 1 }
  }

  fileprivate func order(_ random: inout CounterRandom) -> [Int32] {
    (0..<capacity).flatMap { _ in random.permutation(of: configuration.patchesPerImage) }
  }
}
