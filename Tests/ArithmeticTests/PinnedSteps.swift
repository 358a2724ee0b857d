// A few training steps without processes: forward and backward passes, codec, ordered sum, AdamW
// and the delta of the replica, on random pairs. Not imagery, and nothing that the exchange
// decides.

import Basics
import Compression
import NeighborMAE
import Objectives
import Optimizer
import Tensors
import TrainingRun

/// A model that reaches every kernel: products whose depth is several runs long, in each
/// transposition, sequences of several tiles, and parameters in several chunks.
struct PinnedSteps {
  private static let model = ModelConfiguration(
    imageSide: 96, patchSide: 12, channels: 3, width: 64, depth: 2, heads: 2, decoderWidth: 48,
    decoderDepth: 2, decoderHeads: 3, mlpRatio: 5)
  private static let pairs = 3
  private static let microbatches = 2
  private static let valuesPerChunk = 1 << 16

  private let store: ParameterStore
  private let network: NeighborMAENetwork
  private let gradient: FloatBuffer
  private let encoder: TensorCodec
  private let codec: CodecKind

  /// - Parameter codec: of gradients and of deltas.
  init(codec: CodecKind, pool: ThreadPool) {
    let layout = Self.model.parameterLayout
    self.codec = codec
    encoder = TensorCodec(ChunkedLayout(layout, valuesPerChunk: Self.valuesPerChunk))
    store = ParameterStore(
      layout: layout, initial: layout.initialParameters(seed: 1), optimizer: AdamW(),
      schedule: LearningRateSchedule(
        base: 1e-2, minimum: 1e-4, imagesPerStep: 256, stepCount: 8, warmUpShare: 0.25),
      clipNorm: 1, gradientKind: codec, deltaKind: codec, seed: 1, pool: pool,
      valuesPerChunk: Self.valuesPerChunk)
    network = NeighborMAENetwork(configuration: Self.model, capacity: Self.pairs, pool: pool)
    gradient = FloatBuffer(count: layout.count)
  }

  /// Makes the next step.
  /// - Returns: the digest of everything that a step leaves: gradient sum, master, moments and
  ///   replica.
  func step() throws -> Digest {
    var hidden = 0
    for microbatch in 0..<Self.microbatches {
      let batch = try batch(microbatch)
      hidden += network.forward(parameters: store.tensors.replica, batch: batch).hidden
      network.backward(
        parameters: store.tensors.replica, batch: batch, gradient: gradient, scale: 1)
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
    return Digest(of: [sum] + vectors.map(Self.digest) + [store.digest])
  }

  private static func digest(_ buffer: FloatBuffer) -> Digest {
    Digest(of: UnsafeRawBufferPointer(buffer[0..<buffer.count]))
  }

  /// Random pixels, every seventh of them invalid, footprints that overlap, and masks, for a step
  /// and a microbatch.
  private func batch(_ microbatch: Int) throws -> PairBatch {
    let batch = PairBatch(configuration: Self.model, capacity: Self.pairs)
    var random = CounterRandom(
      seed: 1, purpose: .simulation, store.step.rawValue, UInt32(microbatch))
    for place in 0..<batch.pixels.count { batch.pixels.pointer[place] = Float(random.normal()) }
    for place in 0..<batch.validity.count {
      batch.validity.pointer[place] = place % 7 == 0 ? 0 : 1
    }
    let footprints = (0..<Self.pairs).map { _ in
      let (right, down) = (random.uniform(), random.uniform())
      return (
        first: Footprint(left: 0, top: 1, right: 1, bottom: 0),
        second: Footprint(left: right, top: 1 - down, right: 1 + right, bottom: -down)
      )
    }
    let images = Self.pairs * ModelConfiguration.imagesPerPair
    let order = (0..<images).flatMap { _ in random.permutation(of: Self.model.patchesPerImage) }
    try batch.prepare(footprints: footprints, order: order, bounds: .paper)
    return batch
  }
}
