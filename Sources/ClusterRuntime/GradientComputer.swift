// The thread that computes: one lease at a time, from a batch to encoded chunks. It owns objective
// and gradient; the replica it reads does not change while it works. Not here: what the objective
// is.

import Basics
import Compression
import Coordination
import Objectives
import Synchronization
import Tensors
import TrainingRun
import Wire

/// What a worker allocates once it knows the run.
///
/// `@unchecked Sendable`: one thread runs `work`; `cancel` only writes an atomic.
package final class GradientComputer<Objective: PretrainingObjective>: @unchecked Sendable {
  private let objective: Objective
  private let loadBatch: (Lease) throws -> Objective.Batch
  private let gradient: FloatBuffer
  private let grid: ChunkGrid
  private let codec: TensorCodec
  private let kind: CodecKind
  private let seed: UInt64
  private let retry = ShortageRetry()
  /// The number of the lease; no lease has the largest.
  private let cancelled = Atomic<UInt64>(.max)

  /// - Parameters:
  ///   - kind: what gradients are encoded as.
  ///   - seed: the run's, for codecs that round at random.
  ///   - valuesPerChunk: in every chunk but the last.
  ///   - loadBatch: makes the batch of a lease; throws what keeps it from that.
  package init(
    objective: Objective, codec kind: CodecKind, seed: UInt64,
    valuesPerChunk: Int = ChunkGrid.valuesPerChunk,
    loadBatch: @escaping (Lease) throws -> Objective.Batch
  ) {
    self.objective = objective
    self.loadBatch = loadBatch
    self.kind = kind
    self.seed = seed
    codec = TensorCodec(ChunkedLayout(objective.layout, valuesPerChunk: valuesPerChunk))
    grid = codec.layout.grid
    gradient = FloatBuffer(count: grid.valueCount)
  }

  /// Makes the work on this lease stop soon; it may also have ended already.
  func cancel(_ lease: LeaseID) { cancelled.store(UInt64(lease.rawValue), ordering: .relaxed) }

  /// Does what the lease says.
  /// - Parameter tell: takes the chunks as they become final, and how it ended.
  package func work(on lease: Lease, parameters: FloatBuffer, tell: (WorkerEvent) -> Void) {
    var stopwatch = Stopwatch()
    var report = WorkReport()
    let batch: Objective.Batch
    do {
      batch = try retry(unless: isCancelled(lease)) { try loadBatch(lease) }
    } catch {
      return tell(failure(error, of: lease))
    }
    report.phases.data = stopwatch.lap()
    switch lease.kind {
    case .evaluate: report.sums = objective.evaluate(parameters: parameters, batch: batch)
    case .train: report.sums = objective.forward(parameters: parameters, batch: batch)
    }
    guard !isCancelled(lease) else { return tell(.workStopped(lease.id)) }
    if lease.kind == .train {
      report.phases.encode = pushGradient(of: lease, parameters, batch, tell)
      guard !isCancelled(lease) else { return tell(.workStopped(lease.id)) }
    }
    report.phases.compute = stopwatch.lap() - report.phases.encode
    report.peakMemoryBytes = PeakMemory.bytes
    tell(.workDone(lease.id, report))
  }

  /// What kept the batch from being loaded.
  private func failure(_ error: any Error, of lease: Lease) -> WorkerEvent {
    if isCancelled(lease) { return .workStopped(lease.id) }
    // A shortage says nothing about the shard.
    return (error as? any SystemError)?.shortage == nil
      ? .shardUnreadable(lease.id, reason: "\(error)") : .shortage(lease.id, reason: "\(error)")
  }

  /// Backward, with every chunk that is not held encoded as soon as it is final; nothing when all
  /// are held.
  /// - Returns: the seconds that encoding took.
  private func pushGradient(
    of lease: Lease, _ parameters: FloatBuffer, _ batch: Objective.Batch,
    _ tell: (WorkerEvent) -> Void
  ) -> Double {
    var encodeSeconds = 0.0
    var waiting = grid.chunks.filter { !lease.held.contains($0) }
    if waiting.isEmpty { return 0 }
    objective.backward(
      parameters: parameters, batch: batch, gradient: gradient, scale: 1
    ) { firstFinal in
      while let chunk = waiting.last, grid.range(of: chunk).lowerBound >= firstFinal {
        waiting.removeLast()
        if isCancelled(lease) { continue }
        var stopwatch = Stopwatch()
        let values = UnsafeBufferPointer(gradient[grid.range(of: chunk)])
        let key = ChunkKey(
          seed: seed, step: lease.step, content: .gradient(microbatch: lease.microbatch),
          chunk: chunk)
        let payload = codec.encode(values, as: kind, key: key)
        encodeSeconds += stopwatch.lap()
        tell(.gradientChunk(lease.id, chunk, payload: payload))
      }
    }
    return encodeSeconds
  }

  private func isCancelled(_ lease: Lease) -> Bool {
    cancelled.load(ordering: .relaxed) == UInt64(lease.id.rawValue)
  }
}

/// Seconds since the last lap, or since it was made.
struct Stopwatch {
  private var last = Instant.monotonicNow()

  mutating func lap() -> Double {
    let now = Instant.monotonicNow()
    defer { last = now }
    return (now - last).seconds
  }
}
