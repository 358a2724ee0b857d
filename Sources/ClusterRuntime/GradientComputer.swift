// The thread that computes: one lease at a time, from pixels to encoded chunks. It owns model,
// batch and gradient; the replica it reads does not change while it works.

import Basics
import Compression
import Coordination
import NeighborMAE
import Sampling
import Synchronization
import Tensors
import TrainingRun
import Wire

/// What a worker allocates once it knows the run.
///
/// `@unchecked Sendable`: one thread runs `work`; `cancel` only writes an atomic.
package final class GradientComputer: @unchecked Sendable {
  private let plans: MicrobatchPlans
  private let loader: MicrobatchLoader
  private let network: NeighborMAENetwork
  private let baselines: Baselines
  private let gradient: FloatBuffer
  private let grid: ChunkGrid
  private let codec: TensorCodec
  private let kind: CodecKind
  private let seed: UInt64
  private let retry = ShortageRetry()
  private let cancelled = Atomic<UInt32>(0)

  /// - Parameter seed: the run's, for codecs that round at random.
  package init(
    plans: MicrobatchPlans, loader: MicrobatchLoader, model: ModelConfiguration,
    codec kind: CodecKind, seed: UInt64, pool: ThreadPool
  ) {
    self.plans = plans
    self.loader = loader
    self.kind = kind
    self.seed = seed
    network = NeighborMAENetwork(
      configuration: model, capacity: loader.batch.capacity, pool: pool)
    baselines = Baselines(configuration: model, pool: pool)
    grid = model.parameterLayout.grid
    gradient = FloatBuffer(count: grid.valueCount)
    codec = TensorCodec()
  }

  /// Makes the work on this lease stop soon; it may also have ended already.
  func cancel(_ lease: LeaseID) { cancelled.store(lease.rawValue, ordering: .relaxed) }

  /// Does what the lease says.
  /// - Parameter tell: takes the chunks as they become final, and how it ended.
  package func work(on lease: Lease, parameters: FloatBuffer, tell: (WorkerEvent) -> Void) {
    var clock = PhaseClock()
    var report = WorkReport()
    if let failure = load(lease) { return tell(failure) }
    report.phases.data = clock.lap()
    report.sums = network.forward(parameters: parameters, batch: loader.batch)
    guard !isCancelled(lease) else { return tell(.workStopped(lease.id)) }
    switch lease.kind {
    case .evaluate:
      report.add(baselines.measure(loader.batch))
    case .train:
      report.phases.encode = pushGradient(of: lease, parameters, tell)
      guard !isCancelled(lease) else { return tell(.workStopped(lease.id)) }
    }
    report.phases.compute = clock.lap() - report.phases.encode
    tell(.workDone(lease.id, report))
  }

  /// - Returns: what kept the batch from being filled; nil when it is filled.
  private func load(_ lease: Lease) -> WorkerEvent? {
    do {
      try retry(unless: isCancelled(lease)) { try loader.load(plans.draw(for: lease)) }
      return nil
    } catch {
      if isCancelled(lease) { return .workStopped(lease.id) }
      // A shortage says nothing about the shard.
      return (error as? any SystemError)?.shortage == nil
        ? .shardUnreadable(lease.id, reason: "\(error)") : .shortage(lease.id, reason: "\(error)")
    }
  }

  /// Backward, with every chunk that is not held encoded as soon as it is final; nothing when all
  /// are held.
  /// - Returns: the seconds that encoding took.
  private func pushGradient(
    of lease: Lease, _ parameters: FloatBuffer, _ tell: (WorkerEvent) -> Void
  ) -> Double {
    var encodeSeconds = 0.0
    var waiting = grid.chunks.filter { !lease.held.contains($0) }
    if waiting.isEmpty { return 0 }
    network.backward(
      parameters: parameters, batch: loader.batch, gradient: gradient, scale: 1
    ) { firstFinal in
      while let chunk = waiting.last, grid.range(of: chunk).lowerBound >= firstFinal {
        waiting.removeLast()
        if isCancelled(lease) { continue }
        var clock = PhaseClock()
        let values = UnsafeBufferPointer(gradient[grid.range(of: chunk)])
        let key = ChunkKey(
          seed: seed, step: lease.step, content: .gradient(microbatch: lease.microbatch),
          chunk: chunk)
        let payload = codec.encode(values, as: kind, key: key)
        encodeSeconds += clock.lap()
        tell(.gradientChunk(lease.id, chunk, payload: payload))
      }
    }
    return encodeSeconds
  }

  private func isCancelled(_ lease: Lease) -> Bool {
    cancelled.load(ordering: .relaxed) == lease.id.rawValue
  }
}

/// Seconds since the last lap.
struct PhaseClock {
  private var last = Instant.monotonicNow()

  mutating func lap() -> Double {
    let now = Instant.monotonicNow()
    defer { last = now }
    return (now - last).seconds
  }
}

extension WorkReport {
  fileprivate mutating func add(_ sums: Baselines.Sums) {
    baselines = BaselineSums(
      patchMeanWeighted: sums.patchMean.weighted, patchMeanPlain: sums.patchMean.plain,
      copyWeighted: sums.copiedNeighbour.weighted, copyPlain: sums.copiedNeighbour.plain)
  }
}
