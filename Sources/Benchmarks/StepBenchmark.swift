// A training step, measured: forward, backward and AdamW on random pairs or images, without imagery
// and network traffic.

import Basics
import Configuration
import Kernels
import MAE
import MaskedAutoencoding
import NeighborMAE
import Objectives
import Optimizer
import SatMAEpp
import Tensors
import VisionTransformer

/// One objective, model, batch size and number of threads.
package struct StepBenchmark: Sendable {
  package let objective: ObjectiveKind
  package let model: ModelConfiguration
  /// Or single images.
  package let pairs: Int
  package let threads: Int
  package let steps: Int
  /// How to compute products; nil for the fastest way.
  package let path: ProductPath?

  /// - Precondition: all are positive.
  package init(
    objective: ObjectiveKind, model: ModelConfiguration, pairs: Int, threads: Int, steps: Int,
    path: ProductPath? = nil
  ) {
    precondition(pairs > 0 && threads > 0 && steps > 0)
    self.path = path
    self.objective = objective
    self.model = model
    self.pairs = pairs
    self.threads = threads
    self.steps = steps
  }

  /// Of a preset; SatMAE++ doubles its images once.
  package init(
    objective: ObjectiveKind = .neighborMAE, preset: ModelPreset, pairs: Int, threads: Int,
    steps: Int, channels: Int = 3, arithmetic: ProductArithmetic = .float32,
    path: ProductPath? = nil
  ) {
    precondition(channels > 0)
    var model = preset.configuration(channels: channels)
    model.arithmetic = arithmetic
    model.upsamplings = objective == .satMAEpp ? 1 : 0
    self.init(
      objective: objective, model: model, pairs: pairs, threads: threads, steps: steps, path: path)
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
    /// Of a step on average: the loss alone, and the optimizer's update.
    package var forwardSeconds = 0.0
    package var optimizerSeconds = 0.0
    /// What batch and network keep resident once a step was made.
    package var objectiveBytes = 0

    package var medianSeconds: Double { seconds.median ?? .nan }
    package var meanSeconds: Double { seconds.reduce(0, +) / Double(seconds.count) }
    package var fastestSeconds: Double { seconds.min() ?? .nan }
  }

  /// - Parameter comparesWithProducts: whether the machine's product speed is measured too, for
  ///   about a second.
  package func run(comparesWithProducts: Bool = true) throws -> Report {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    var report = try measure(pool)
    if comparesWithProducts {
      report.productSpeed = ProductSpeed.measure(model.arithmetic, pool: pool)
    }
    return report
  }

  private func measure(_ pool: ThreadPool) throws -> Report {
    let held = ProcessMemory.residentBytes
    let configuration = model
    switch objective {
    case .neighborMAE:
      let batch = try RandomPairs.batch(configuration, pairs: pairs, seed: 0)
      let network = NeighborMAENetwork(
        configuration: configuration, capacity: pairs, pool: pool, path: path)
      let operations = StepOperations(configuration, visibleCounts: batch.visibleCounts)
      return measure(network, on: batch, operations, pool, held) { network.stopwatch = $0 }
    case .mae:
      let batch = try RandomPairs.singleImages(configuration, count: pairs, seed: 0)
      let network = MAENetwork(
        configuration: configuration, capacity: pairs, pool: pool, path: path)
      let operations = StepOperations(
        configuration, visibleCounts: batch.images.visibleCounts, imagesPerSequence: 1)
      return measure(network, on: batch, operations, pool, held) { network.stopwatch = $0 }
    case .satMAEpp:
      let batch = try RandomPairs.scaledImages(configuration, count: pairs, seed: 0)
      let network = SatMAEppNetwork(
        configuration: configuration, capacity: pairs, pool: pool, path: path)
      let operations = StepOperations(
        configuration, visibleCounts: batch.base.images.visibleCounts, imagesPerSequence: 1)
      return measure(network, on: batch, operations, pool, held) { network.stopwatch = $0 }
    }
  }

  private func measure<Objective: PretrainingObjective>(
    _ network: Objective, on batch: Objective.Batch, _ operations: StepOperations,
    _ pool: ThreadPool, _ held: Int, setStopwatch: (StepStopwatch) -> Void
  ) -> Report {
    let step = MeasuredStep(of: network, on: batch, pool)
    step.run(1)  // warms up: memory is touched, the encoder's is allocated
    var report = Report()
    report.objectiveBytes = ProcessMemory.residentBytes - held - step.vectorBytes
    report.seconds.reserveCapacity(steps)
    let stopwatch = StepStopwatch()
    setStopwatch(stopwatch)
    (step.forwardSeconds, step.optimizerSeconds) = (0, 0)
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
    report.phaseSeconds = Self.phases(
      stopwatch, optimizer: step.optimizerSeconds, total: report.seconds.reduce(0, +)
    ).map { ($0.phase, $0.seconds / Double(steps)) }
    report.operations = operations.operations
    report.peakMemoryBytes = PeakMemory.bytes
    report.forwardSeconds = step.forwardSeconds / Double(steps)
    report.optimizerSeconds = step.optimizerSeconds / Double(steps)
    return report
  }

  /// Seconds of all steps; what no phase claims of `total` is "other".
  private static func phases(
    _ stopwatch: StepStopwatch, optimizer: Double, total: Double
  ) -> [(phase: String, seconds: Double)] {
    var phases: [(phase: String, seconds: Double)] = StepPhase.allCases.map {
      ($0.rawValue, stopwatch.seconds($0))
    }
    phases.append(("optimizer", optimizer))
    phases.append(("other", total - phases.reduce(0) { $0 + $1.seconds }))
    return phases
  }
}

/// Everything that a step of an objective needs, allocated.
private final class MeasuredStep<Objective: PretrainingObjective> {
  private let objective: Objective
  private let batch: Objective.Batch
  private let state: OptimizerState
  private let gradient: FloatBuffer
  private let optimizer = AdamW()
  private let pool: ThreadPool
  var forwardSeconds = 0.0
  var optimizerSeconds = 0.0

  /// Of parameters, their moments and the gradient, which are no objective's.
  var vectorBytes: Int { 4 * gradient.count * MemoryLayout<Float>.stride }

  init(of objective: Objective, on batch: Objective.Batch, _ pool: ThreadPool) {
    self.objective = objective
    self.batch = batch
    self.pool = pool
    let layout = objective.layout
    state = OptimizerState(layout: layout, master: layout.initialParameters(seed: 0))
    gradient = FloatBuffer(count: layout.count)
  }

  func run(_ number: Int) {
    let begin = Instant.monotonicNow()
    let sums = objective.forward(parameters: state.master, batch: batch)
    forwardSeconds += (Instant.monotonicNow() - begin).seconds
    objective.backward(
      parameters: state.master, batch: batch, gradient: gradient, scale: 1, onFinal: { _ in })
    let start = Instant.monotonicNow()
    _ = optimizer.update(
      state, gradient: gradient, gradientScale: 1 / Float(max(1, sums.hidden)), step: number,
      learningRate: 1e-4, pool: pool)
    optimizerSeconds += (Instant.monotonicNow() - start).seconds
  }
}
