// The model of simulated runs: a NeighborMAE of about a thousand parameters on random pairs, with
// the codecs, sums and losses of real ones.

import Basics
import Compression
import MaskedAutoencoding
import NeighborMAE
import Optimizer
import Tensors
import Wire

/// What a worker's computer would make of a lease. Equal leases on equal replicas are computed once
/// and remembered: thousands of simulated runs go through the same steps. One thread at a time.
final class SmallModel {
  static let configuration = ModelConfiguration(
    imageSide: 4, patchSide: 2, channels: 1, width: 8, depth: 1, heads: 1, decoderWidth: 8,
    decoderDepth: 1, decoderHeads: 1, mlpRatio: 1)
  /// Values in a chunk: the model has three chunks and a bit.
  static let valuesPerChunk = 300
  static let layout = ChunkedLayout(
    configuration.parameterLayout, valuesPerChunk: valuesPerChunk)
  static let grid = layout.grid
  static let pairs = 2
  static let seed: UInt64 = 1

  /// What an encoded chunk of a gradient takes at most.
  static func chunkBytes(_ codec: CodecKind) -> Int {
    TensorCodec.maximumEncodedBytes(codec, layout)
  }

  /// A finished microbatch.
  struct Work {
    /// One per encoded chunk, in order; none for an evaluation.
    let chunks: [[UInt8]]
    let report: WorkReport
  }

  private struct Key: Hashable {
    let replica: Digest
    let kind: LeaseKind
    let step: Step
    let microbatch: UInt32
    let shard: ShardID
  }

  /// Of gradients and of deltas.
  let codec: CodecKind
  private let objective: NeighborMAENetwork
  private let batch: PairBatch
  private let gradient: FloatBuffer
  private let encoder = TensorCodec(layout)
  private var known: [Key: Work] = [:]

  /// Replicas that differ from the reference run's would fill it.
  private static let memory = 4096

  init(codec: CodecKind) {
    self.codec = codec
    objective = NeighborMAENetwork(
      configuration: Self.configuration, capacity: Self.pairs, pool: ThreadPool(threadCount: 1))
    batch = PairBatch(configuration: Self.configuration, capacity: Self.pairs)
    gradient = FloatBuffer(count: Self.grid.valueCount)
  }

  /// Loss and gradient of a lease on a replica.
  func work(on lease: Lease, replica: FloatBuffer) -> Work {
    let values = UnsafeRawBufferPointer(replica[0..<replica.count])
    let key = Key(
      replica: Digest(of: values), kind: lease.kind,
      step: lease.kind == .train ? lease.step : Step(.max), microbatch: lease.microbatch,
      shard: lease.shard)
    if let known = known[key] { return known }
    let work = compute(lease, at: key.step, replica)
    if known.count >= Self.memory { known = [:] }
    known[key] = work
    return work
  }

  private func compute(_ lease: Lease, at step: Step, _ replica: FloatBuffer) -> Work {
    fill(lease, at: step)
    var report = WorkReport()
    report.phases.compute = 1
    guard lease.kind == .train else {
      report.sums = objective.evaluate(parameters: replica, batch: batch)
      return Work(chunks: [], report: report)
    }
    report.sums = objective.forward(parameters: replica, batch: batch)
    objective.backward(parameters: replica, batch: batch, gradient: gradient, scale: 1) { _ in }
    let chunks = Self.grid.chunks.map { chunk in
      let values = UnsafeBufferPointer(gradient[Self.grid.range(of: chunk)])
      return encoder.encode(values, as: codec, key: Self.key(lease, chunk))
    }
    return Work(chunks: chunks, report: report)
  }

  /// Names the gradient's chunk of a lease.
  static func key(_ lease: Lease, _ chunk: ChunkIndex) -> ChunkKey {
    ChunkKey(
      seed: seed, step: lease.step, content: .gradient(microbatch: lease.microbatch),
      chunk: chunk)
  }

  /// Random pixels, footprints and masks, keyed by what they are for.
  private func fill(_ lease: Lease, at step: Step) {
    let purpose = RandomPurpose.cropFirst
    var random = CounterRandom(
      seed: UInt64(lease.shard.rawValue), purpose: purpose, step.rawValue, lease.microbatch)
    for place in 0..<batch.pixels.count { batch.pixels.pointer[place] = Float(random.normal()) }
    for place in 0..<batch.validity.count { batch.validity.pointer[place] = 1 }
    var order: [Int32] = []
    let footprints = (0..<Self.pairs).map { _ in
      let shift = random.uniform()
      for _ in 0..<ModelConfiguration.imagesPerPair {
        order += random.permutation(of: Self.configuration.patchesPerImage)
      }
      return (
        first: Footprint(left: 0, top: 1, right: 1, bottom: 0),
        second: Footprint(left: shift, top: 1, right: 1 + shift, bottom: 0)
      )
    }
    do {
      try batch.prepare(footprints: footprints, order: order, bounds: lease.bounds)
    } catch {
      preconditionFailure("a simulated batch is not sound: \(error)")
    }
  }
}
