// The numbers that a coordinator owns: master, replica, moments, the gradient sum, and the encoded
// deltas of the newest step. It does what it is told, in the order it is told; what and when is
// decided by Coordination.

import Basics
import Checkpoints
import Compression
import Optimizer
import Synchronization
import Tensors

/// What an update came to.
package struct UpdateResult {
  /// Before clipping.
  package let gradientNorm: Double
  package let learningRate: Double
  /// Whether parameters, moments and deltas are all finite. If not, the store is of no use any
  /// more.
  package let isFinite: Bool

  package init(gradientNorm: Double, learningRate: Double, isFinite: Bool) {
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
    self.isFinite = isFinite
  }
}

/// Why a gradient's chunk was not added.
package struct NotFinite: Error, CustomStringConvertible {
  package var description: String { "it holds numbers that are not finite" }
}

/// `@unchecked Sendable`: one thread calls all of it but `reduce`, which the threads that add up
/// call for chunks of their own, and never while the sum is read or replaced (`needsSum` of a
/// command says which do that); the pool's threads work on disjoint chunks; the journal's and the
/// checkpoints' threads read `gradient` and `tensors` only while nothing changes them.
package final class ParameterStore: @unchecked Sendable {
  package let layout: ParameterLayout
  /// How vectors of the layout are cut.
  package let chunks: ChunkedLayout
  package var grid: ChunkGrid { chunks.grid }
  package private(set) var step = Step(0)
  private let state: OptimizerState
  private let replica: FloatBuffer
  /// The sum of the step's gradients so far.
  package let gradient: FloatBuffer
  private let optimizer: AdamW
  /// Nil where no average is kept.
  private let averaging: (rule: ParameterAverage, values: FloatBuffer)?
  private let schedule: LearningRateSchedule
  /// The largest norm of a mean gradient that is applied as it is; 0 is any.
  private let clipNorm: Double
  private let gradientKind: CodecKind
  private let deltaKind: CodecKind
  private let seed: UInt64
  /// Of the fingerprints of gradients.
  private let fingerprintKey: UInt64
  private let pool: ThreadPool
  private let codec: TensorCodec
  /// A codec and a chunk of values for each part of a delta that may be made at once.
  private let deltaMakers: [(codec: TensorCodec, values: FloatBuffer)]
  private var deltas: [[UInt8]]
  private var chunkDigests: [Digest]

  /// - Parameters:
  ///   - initial: the parameters of step 0, in the layout; copied.
  ///   - average: what stays of the parameters' running average at a step; 0 keeps none.
  ///   - seed: the run's, for codecs that round at random.
  ///   - fingerprintKey: of the fingerprints of gradients; where somebody may want to make two that
  ///     are alike, one that nobody knows.
  package init(
    layout: ParameterLayout, initial: FloatBuffer, optimizer: AdamW, schedule: LearningRateSchedule,
    clipNorm: Double = 0, average: Double = 0, gradientKind: CodecKind, deltaKind: CodecKind,
    seed: UInt64, fingerprintKey: UInt64 = 0,
    pool: ThreadPool, valuesPerChunk: Int = ChunkGrid.valuesPerChunk
  ) {
    self.clipNorm = clipNorm
    self.layout = layout
    let chunks = ChunkedLayout(layout, valuesPerChunk: valuesPerChunk)
    self.chunks = chunks
    self.optimizer = optimizer
    self.schedule = schedule
    self.gradientKind = gradientKind
    self.deltaKind = deltaKind
    self.seed = seed
    self.fingerprintKey = fingerprintKey
    self.pool = pool
    codec = TensorCodec(chunks)
    let master = FloatBuffer(count: layout.count)
    master.copy(from: initial)
    state = OptimizerState(layout: layout, master: master)
    replica = FloatBuffer(count: layout.count)
    replica.copy(from: state.master)
    gradient = FloatBuffer(count: layout.count)
    averaging =
      average > 0 ? (ParameterAverage(decay: average), FloatBuffer(count: layout.count)) : nil
    averaging?.values.copy(from: initial)
    deltaMakers = (0..<chunks.grid.chunkCount).prefix(pool.threadCount).map { _ in
      (TensorCodec(chunks), FloatBuffer(count: valuesPerChunk))
    }
    deltas = Array(repeating: [], count: chunks.grid.chunkCount)
    chunkDigests = []
    digestReplica()
  }

  /// The replica's.
  package var digest: Digest { Digest(of: chunkDigests) }

  /// What a checkpoint holds; its buffers are this store's own.
  package var tensors: CheckpointTensors {
    CheckpointTensors(
      layout: layout, master: state.master, replica: replica, firstMoment: state.firstMoment,
      secondMoment: state.secondMoment, average: averaging?.values)
  }

  /// Takes what was loaded into `tensors` as the state of `step`.
  package func adopt(step: Step) {
    self.step = step
    deltas = Array(repeating: [], count: grid.chunkCount)
    digestReplica()
  }

  /// Adds an encoded chunk of a gradient to the sum; the first microbatch's starts it. Several
  /// threads may do so, each with chunks and a codec of its own.
  /// - Returns: what was added comes to.
  /// - Throws: `CodecError` when the chunk is damaged, `NotFinite` when it holds numbers that are
  ///   not finite; the sum of the earlier microbatches is then as it was.
  @discardableResult
  package func reduce(
    _ chunk: ChunkIndex, isFirst: Bool, payload: [UInt8], by codec: TensorCodec
  ) throws -> ChunkMeasure {
    try decode(
      payload, of: chunk, adding: !isFirst, by: codec, into: gradient[grid.range(of: chunk)])
  }

  /// What an encoded chunk of a gradient comes to, which is added to nothing.
  /// - Parameter scratch: holds the values of any chunk.
  /// - Throws: as `reduce`.
  package func measure(
    _ chunk: ChunkIndex, payload: [UInt8], by codec: TensorCodec, scratch: FloatBuffer
  ) throws -> ChunkMeasure {
    let target = scratch[0..<grid.range(of: chunk).count]
    return try decode(payload, of: chunk, adding: false, by: codec, into: target)
  }

  private func decode(
    _ payload: [UInt8], of chunk: ChunkIndex, adding: Bool, by codec: TensorCodec,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws -> ChunkMeasure {
    let measure = try codec.decodeMeasuring(
      payload, of: chunk, as: gradientKind, adding: adding, key: fingerprintKey, into: target)
    guard let measure else { throw NotFinite() }
    return measure
  }

  /// The Euclidean norm of the mean gradient: of the sum, divided by the hidden pixels.
  package func gradientNorm(hiddenPixels: Int) -> Double {
    GradientStatistics.norm(gradient, pool: pool) * Self.scale(hiddenPixels)
  }

  /// Digest of the digests of the gradient sum's chunks.
  package var gradientDigest: Digest {
    Digest(of: grid.chunks.map { Digest(of: UnsafeRawBufferPointer(gradient[grid.range(of: $0)])) })
  }

  private static func scale(_ hiddenPixels: Int) -> Double { 1 / Double(max(1, hiddenPixels)) }

  /// Divides the gradient sum by the hidden pixels, moves the master by AdamW, and takes the
  /// replica after it.
  /// - Parameter norm: `gradientNorm(hiddenPixels:)`.
  package func update(hiddenPixels: Int, norm: Double) -> UpdateResult {
    let rate = schedule.rate(at: step.index)
    let scale =
      Self.scale(hiddenPixels) * GradientStatistics.clipFactor(norm: norm, limit: clipNorm)
    step = step.next
    let update = optimizer.update(
      step: step.index, learningRate: rate, gradientScale: Float(scale))
    let isSound = advance(by: update)
    return UpdateResult(
      gradientNorm: norm, learningRate: rate, isFinite: norm.isFinite && isSound)
  }

  /// Counts a step that changes nothing, and sets the gradient sum to zero: what it was is not to
  /// be kept.
  /// - Parameter norm: that of the gradient.
  package func skip(norm: Double) -> UpdateResult {
    let rate = schedule.rate(at: step.index)
    step = step.next
    gradient.fill(0)
    // Minus zero, added, changes no value; zero would change minus zero.
    let nothing = FloatBuffer(count: grid.chunks.map { grid.range(of: $0).count }.max() ?? 0)
    nothing.fill(-0.0)
    deltas = grid.chunks.map { chunk in
      codec.encode(
        UnsafeBufferPointer(nothing[0..<grid.range(of: chunk).count]), as: deltaKind,
        key: key(chunk))
    }
    return UpdateResult(gradientNorm: norm, learningRate: rate, isFinite: true)
  }

  /// Makes a step again from what the journal holds of it.
  /// - Parameter isSkipped: whether it changed nothing.
  package func replay(
    _ record: JournalRecord, hiddenPixels: Int, isSkipped: Bool
  ) -> UpdateResult {
    precondition(record.step == step.next)
    if isSkipped { return skip(norm: .nan) }
    record.copySum(into: gradient)
    return update(hiddenPixels: hiddenPixels, norm: gradientNorm(hiddenPixels: hiddenPixels))
  }

  /// What takes a worker that holds the chunk at `have` to this step: the delta, or the full value.
  package func chunk(_ chunk: ChunkIndex, have: Step?) -> (from: Step?, payload: [UInt8]) {
    let delta = deltas[chunk.index]
    if let have, have < step, have.next == step, !delta.isEmpty { return (have, delta) }
    let values = UnsafeBufferPointer(replica[grid.range(of: chunk)])
    return (nil, codec.encode(values, as: .float32, key: key(chunk)))
  }

  private func key(_ chunk: ChunkIndex) -> ChunkKey {
    ChunkKey(seed: seed, step: step, content: .parameters, chunk: chunk)
  }

  /// Takes one chunk after the other through all that a step does with it, while it is in a
  /// processor's cache: the optimizer's update, the average, and the delta.
  /// - Returns: whether parameters, moments and deltas are all finite.
  private func advance(by update: AdamWUpdate) -> Bool {
    let isSpoilt = Atomic<Bool>(false)
    let next = Atomic<Int>(0)
    // Copies that nobody else has before the parts below have ended.
    nonisolated(unsafe) var deltas = deltas
    nonisolated(unsafe) var digests = chunkDigests
    deltas.withUnsafeMutableBufferPointer { deltas in
      digests.withUnsafeMutableBufferPointer { digests in
        // Each maker has chunks of its own: the parts write disjoint places.
        nonisolated(unsafe) let deltas = deltas
        nonisolated(unsafe) let digests = digests
        pool.forEach(deltaMakers.count) { part in
          while true {
            let chunk = next.add(1, ordering: .relaxed).oldValue
            if chunk >= grid.chunkCount { break }
            let index = ChunkIndex(index: chunk)
            let isSound = advance(grid.range(of: index), by: update)
            let delta = makeDelta(index, deltaMakers[part].codec, deltaMakers[part].values)
            if !isSound || !delta.isFinite { isSpoilt.store(true, ordering: .relaxed) }
            deltas[chunk] = delta.payload
            digests[chunk] = digestOfReplica(index)
          }
        }
      }
    }
    self.deltas = deltas
    chunkDigests = digests
    return !isSpoilt.load(ordering: .relaxed)
  }

  /// - Returns: whether parameters and moments of the range are finite.
  private func advance(_ range: Range<Int>, by update: AdamWUpdate) -> Bool {
    let isSound = update.apply(to: state, gradient: gradient, range: range)
    if let averaging {
      averaging.rule.update(
        averaging.values, toward: state.master, step: step.index, range: range)
    }
    return isSound
  }

  /// Encodes master − replica of a chunk, and moves the replica by what that decodes to, just as
  /// the workers will. What the codec lost stays in master − replica.
  private func makeDelta(
    _ chunk: ChunkIndex, _ codec: TensorCodec, _ scratch: FloatBuffer
  ) -> (payload: [UInt8], isFinite: Bool) {
    let range = grid.range(of: chunk)
    let target = replica[range]
    let source = state.master[range]
    let difference = scratch[0..<range.count]
    for i in 0..<range.count { difference[i] = source[i] - target[i] }
    let payload = codec.encode(
      UnsafeBufferPointer(difference), as: deltaKind, key: key(chunk))
    do {
      return (payload, try codec.decodeAdding(payload, of: chunk, as: deltaKind, into: target))
    } catch {
      preconditionFailure("a chunk that was just encoded does not decode: \(error)")
    }
  }

  private func digestReplica() { chunkDigests = grid.chunks.map(digestOfReplica) }

  private func digestOfReplica(_ chunk: ChunkIndex) -> Digest {
    Digest(of: UnsafeRawBufferPointer(replica[grid.range(of: chunk)]))
  }
}
