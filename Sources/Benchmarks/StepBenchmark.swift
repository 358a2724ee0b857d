// A training step, measured: forward, backward and AdamW on random pairs, without imagery and
// network traffic.

import Basics
import Kernels
import NeighborMAE
import Optimizer
import Tensors
import VisionTransformer

/// One model, batch size and number of threads.
package struct StepBenchmark: Sendable {
  package let preset: ModelPreset
  package let pairs: Int
  package let threads: Int
  package let steps: Int
  package let channels: Int

  /// - Precondition: all are positive.
  package init(preset: ModelPreset, pairs: Int, threads: Int, steps: Int, channels: Int = 3) {
    precondition(pairs > 0 && threads > 0 && steps > 0 && channels > 0)
    self.channels = channels
    self.preset = preset
    self.pairs = pairs
    self.threads = threads
    self.steps = steps
  }

  /// What a run of steps came to.
  package struct Report: Sendable {
    /// (steps), the one that warms up left out.
    package var seconds: [Double] = []
    /// Of a step on average, by phase; phases of the network, then "optimizer" and "other".
    package var phaseSeconds: [(phase: String, seconds: Double)] = []
    /// Floating-point operations of a step's products.
    package var operations = 0.0
    /// Operations a second that this machine's products reach.
    package var productSpeed = 0.0
    /// Heap held after the last step less that after the first.
    package var heapGrowthBytes = 0
    /// Bytes and calls that the steps after the first allocated; nil where nothing counts them.
    package var allocated: (bytes: Int, calls: Int)?
    package var peakMemoryBytes: Int?

    package var medianSeconds: Double { seconds.median ?? .nan }
    package var meanSeconds: Double { seconds.reduce(0, +) / Double(seconds.count) }
    package var fastestSeconds: Double { seconds.min() ?? .nan }
  }

  package func run() throws -> Report {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    let configuration = preset.configuration(channels: channels)
    let batch = try RandomPairs.batch(configuration, pairs: pairs, seed: 0)
    let step = MeasuredStep(configuration, batch, pool)
    step.run(1)  // warms up: memory is touched, the encoder's is allocated
    var report = Report()
    report.seconds.reserveCapacity(steps)
    step.forgetTimes()
    let before = (heap: ProcessMemory.heapBytes, allocated: ProcessMemory.allocated)
    for index in 0..<steps {
      let start = Instant.monotonicNow()
      step.run(2 + index)
      report.seconds.append((Instant.monotonicNow() - start).seconds)
    }
    let after = ProcessMemory.allocated
    report.heapGrowthBytes = ProcessMemory.heapBytes - before.heap
    if let before = before.allocated, let after {
      report.allocated = (after.bytes - before.bytes, after.calls - before.calls)
    }
    report.phaseSeconds = step.phases(total: report.seconds.reduce(0, +)).map {
      ($0.phase, $0.seconds / Double(steps))
    }
    report.operations = StepWork(configuration, visibleCounts: batch.visibleCounts).operations
    report.peakMemoryBytes = ProcessMemory.peakBytes
    report.productSpeed = ProductSpeed.measure(pool: pool)
    return report
  }
}

/// Everything that a step needs, allocated.
private final class MeasuredStep {
  private let batch: PairBatch
  private let network: NeighborMAENetwork
  private let state: OptimizerState
  private let gradient: FloatBuffer
  private let optimizer = AdamW()
  private let pool: ThreadPool
  private var optimizerSeconds = 0.0

  init(_ configuration: ModelConfiguration, _ batch: PairBatch, _ pool: ThreadPool) {
    self.batch = batch
    self.pool = pool
    network = NeighborMAENetwork(
      configuration: configuration, capacity: batch.count, pool: pool)
    let layout = configuration.parameterLayout
    state = OptimizerState(
      layout: layout, master: configuration.initialParameters(seed: 0))
    gradient = FloatBuffer(count: layout.count)
  }

  func run(_ number: Int) {
    let sums = network.forward(parameters: state.master, batch: batch)
    network.backward(parameters: state.master, batch: batch, gradient: gradient, scale: 1)
    let start = Instant.monotonicNow()
    _ = optimizer.update(
      state, gradient: gradient, gradientScale: 1 / Float(max(1, sums.hidden)), step: number,
      learningRate: 1e-4, pool: pool)
    optimizerSeconds += (Instant.monotonicNow() - start).seconds
  }

  func forgetTimes() {
    optimizerSeconds = 0
    network.stopwatch = StepStopwatch()
  }

  /// Seconds since `forgetTimes`; what no phase claims of `total` is "other".
  func phases(total: Double) -> [(phase: String, seconds: Double)] {
    var phases: [(phase: String, seconds: Double)] = StepPhase.allCases.map {
      ($0.rawValue, network.stopwatch?.seconds($0) ?? 0)
    }
    phases.append(("optimizer", optimizerSeconds))
    phases.append(("other", total - phases.reduce(0) { $0 + $1.seconds }))
    return phases
  }
}
