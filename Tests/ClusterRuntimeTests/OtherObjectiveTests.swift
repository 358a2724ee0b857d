// Training of an objective that nothing in the program knows: from leases to chunks, their ordered
// sum, updates and a replica, as a run of NeighborMAE does it.

import Basics
import ClusterRuntime
import Compression
import Coordination
import Objectives
import Optimizer
import Tensors
import Testing
import TrainingRun
import Wire

@Suite("Another objective") struct OtherObjectiveTests {
  private static let truth: [Float] = [0.5, -1, 2, 0, 0.25, -0.75]
  private static let bias: Float = 0.125
  private static let microbatches = 2
  /// Weights and bias are two chunks.
  private static let valuesPerChunk = 4

  /// Eight samples of the truth, without noise.
  private static func batch(of lease: Lease) -> LinearRegression.Batch {
    var random = CounterRandom(
      seed: 1, purpose: .simulation, lease.step.rawValue, lease.microbatch)
    var batch = LinearRegression.Batch()
    for _ in 0..<8 {
      let input = truth.map { _ in random.uniformFloat() * 2 - 1 }
      batch.inputs.append(input)
      batch.targets.append(zip(input, truth).reduce(bias) { $0 + $1.0 * $1.1 })
    }
    return batch
  }

  private static func computer(_ codec: CodecKind) -> GradientComputer<LinearRegression> {
    GradientComputer(
      objective: LinearRegression(), codec: codec, seed: 1, valuesPerChunk: valuesPerChunk,
      loadBatch: batch(of:))
  }

  private static func lease(_ step: Step, _ microbatch: Int, _ kind: LeaseKind = .train) -> Lease {
    Lease(
      id: LeaseID(1), step: step, kind: kind, microbatch: UInt32(microbatch), shard: ShardID(0),
      bounds: .paper, held: ChunkSet())
  }

  private struct Result {
    var chunks: [(index: ChunkIndex, payload: [UInt8])] = []
    var sums = LossSums()
  }

  private static func work(
    _ computer: GradientComputer<LinearRegression>, _ lease: Lease, _ parameters: FloatBuffer
  ) -> Result {
    var result = Result()
    computer.work(on: lease, parameters: parameters) { event in
      switch event {
      case .gradientChunk(_, let chunk, let payload): result.chunks.append((chunk, payload))
      case .workDone(_, let report): result.sums = report.sums
      default: Issue.record("\(event)")
      }
    }
    return result
  }

  private struct Course {
    var losses: [Double] = []
    var digests: [Digest] = []
    var replica: [Float] = []
  }

  /// Trains with so many computers that share the microbatches of each step; the last one begins.
  private static func train(
    computers count: Int, codec: CodecKind, steps: Int = 300
  ) throws -> Course {
    let pool = ThreadPool(threadCount: 1)
    let layout = LinearRegression().layout
    let store = ParameterStore(
      layout: layout, initial: layout.initialParameters(seed: 1),
      optimizer: AdamW(weightDecay: 0),
      schedule: LearningRateSchedule(
        base: 0.05, minimum: 0, imagesPerStep: 256, stepCount: steps, warmUpShare: 0.05),
      clipNorm: 0, gradientKind: codec, deltaKind: codec, seed: 1, pool: pool,
      valuesPerChunk: valuesPerChunk)
    let computers = (0..<count).map { _ in computer(codec) }
    let decoder = TensorCodec(store.chunks)
    var course = Course()
    for step in 0..<steps {
      let results = (0..<microbatches).reversed().map { microbatch in
        work(
          computers[microbatch % count], lease(Step(index: step), microbatch),
          store.tensors.replica)
      }
      var sums = LossSums()
      for (microbatch, result) in results.reversed().enumerated() {
        sums += result.sums
        for (chunk, payload) in result.chunks {
          try store.reduce(chunk, isFirst: microbatch == 0, payload: payload, by: decoder)
        }
      }
      let norm = store.gradientNorm(hiddenPixels: sums.hidden)
      #expect(store.update(hiddenPixels: sums.hidden, norm: norm).isFinite)
      course.losses.append(sums.loss)
      course.digests.append(store.digest)
    }
    course.replica = Array(store.tensors.replica.values)
    return course
  }

  @Test("Its chunks are told from the end, and its report has its own measures")
  func announcements() {
    let parameters = FloatBuffer(count: 7)
    let computer = Self.computer(.float32)
    let training = Self.work(computer, Self.lease(Step(0), 0), parameters)
    #expect(training.chunks.map(\.index) == [ChunkIndex(1), ChunkIndex(0)])
    #expect(training.sums.pairs == 8 && training.sums.measures.count == 1)
    let evaluation = Self.work(computer, Self.lease(Step(0), 0, .evaluate), parameters)
    #expect(evaluation.chunks.isEmpty)
    // Parameters of zero predict zero.
    let means = evaluation.sums.means(of: LinearRegression().measures.evaluation)
    #expect(means.map(\.measure.name) == ["absoluteError", "errorOfZero"])
    #expect(means[1].value == evaluation.sums.loss)
  }

  @Test("It learns through the codec, the sum of microbatches and AdamW")
  func learns() throws {
    let course = try Self.train(computers: 1, codec: .float32)
    #expect(course.losses[0] > 0.1)
    #expect(course.losses.suffix(10).allSatisfy { $0 < 1e-3 }, "\(course.losses.suffix(10))")
    for (value, truth) in zip(course.replica, Self.truth + [Self.bias]) {
      #expect(abs(value - truth) < 0.05, "\(value) instead of \(truth)")
    }
  }

  @Test(
    "Who computes which microbatch, and when, changes no bit",
    arguments: [CodecKind.float32, .bfloat16])
  func equalBits(codec: CodecKind) throws {
    let alone = try Self.train(computers: 1, codec: codec, steps: 20)
    let shared = try Self.train(computers: 2, codec: codec, steps: 20)
    #expect(alone.digests == shared.digests)
    #expect(alone.losses == shared.losses)
    #expect(Set(alone.digests).count == 20)
  }
}
