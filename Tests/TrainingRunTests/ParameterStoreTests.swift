// What an update tells of itself, and what a skipped step leaves alone.

import Basics
import Compression
import Optimizer
import Tensors
import Testing
import TrainingRun

@Suite("The coordinator's numbers") struct ParameterStoreTests {
  private static let layout = ParameterLayout([
    ("a.weight", [2, 4], .matrix), ("a.bias", [3], .bias),
  ])
  private static let valuesPerChunk = 4
  private let pool = ThreadPool(threadCount: 1)

  /// Parameters of 1, −0 and 1 in turn; a learning rate of 1.
  private func store(
    clipNorm: Double = 0, epsilon: Double = 1e-8, beta2: Double = 0.95,
    average: RunningAverage? = nil
  ) -> ParameterStore {
    let initial = FloatBuffer(count: Self.layout.count)
    for place in 0..<initial.count { initial.pointer[place] = place % 2 == 0 ? 1 : -0.0 }
    return ParameterStore(
      layout: Self.layout, initial: initial,
      optimizer: AdamW(beta2: beta2, epsilon: epsilon, weightDecay: 0),
      schedule: LearningRateSchedule(
        base: 1, minimum: 1, imagesPerStep: 256, stepCount: 10, warmUpShare: 0),
      clipNorm: clipNorm, average: average, gradientKind: .float32, deltaKind: .bfloat16, seed: 1,
      pool: pool,
      valuesPerChunk: Self.valuesPerChunk)
  }

  /// Takes the norm of a gradient and makes the update.
  private func update(_ store: ParameterStore, _ gradient: [Float], hiddenPixels: Int = 1)
    -> UpdateResult
  {
    for (place, value) in gradient.enumerated() { store.gradient.pointer[place] = value }
    let norm = store.gradientNorm(hiddenPixels: hiddenPixels)
    return store.update(hiddenPixels: hiddenPixels, norm: norm)
  }

  private static func gradient(_ first: Float, _ others: Float) -> [Float] {
    [first] + [Float](repeating: others, count: layout.count - 1)
  }

  @Test("An update that leaves numbers that are not finite says so")
  func isFinite() {
    #expect(update(store(), Self.gradient(1, 1)).isFinite)
    #expect(!update(store(), Self.gradient(.infinity, 1)).isFinite)
    #expect(!update(store(), Self.gradient(.nan, 1)).isFinite)
    // The square is no float.
    #expect(!update(store(), Self.gradient(2e19, 1)).isFinite)
    // The square vanishes, and a momentum of 10³⁰ is divided by 10⁻¹⁶.
    let thin = store(epsilon: 1e-16, beta2: 0)
    #expect(update(thin, Self.gradient(0, 1)).isFinite)
    thin.tensors.firstMoment.pointer[0] = 1e30
    #expect(!update(thin, Self.gradient(0, 1)).isFinite)
  }

  @Test("An average follows the parameters, and a skipped step leaves it alone")
  func average() throws {
    let rule = RunningAverage(memory: 0.5)
    let store = store(average: rule)
    let average = try #require(store.tensors.average)
    var expected = Array(average.values)
    #expect(expected == Array(store.tensors.master.values))
    for step in 1...20 {
      #expect(update(store, Self.gradient(Float(step), 1)).isFinite)
      let share = Float(1 - rule.memory(at: step))
      for (place, value) in store.tensors.master.values.enumerated() {
        expected[place] += share * (value - expected[place])
      }
    }
    #expect(Array(average.values) == expected)
    _ = store.skip(norm: 1)
    #expect(Array(average.values) == expected)
    #expect(self.store().tensors.average == nil)
  }

  @Test("Clipping scales a gradient down to the norm, and the norm that is told is the one before")
  func clipping() {
    // (3, 4, 0 …) over 2 pixels has norm 2.5.
    let gradient: [Float] = [3, 4] + [Float](repeating: 0, count: Self.layout.count - 2)
    func moments(clipNorm: Double) -> [Float] {
      let store = store(clipNorm: clipNorm)
      #expect(update(store, gradient, hiddenPixels: 2).gradientNorm == 2.5)
      return Array(store.tensors.firstMoment.values.prefix(2))
    }
    let whole = moments(clipNorm: 0)
    #expect(moments(clipNorm: 3) == whole)
    // A tenth of the mean gradient, and of the same times 1/(2.5 + 10⁻⁶); a few roundings.
    for (value, expected) in zip(whole + moments(clipNorm: 1), [0.15, 0.2, 0.06, 0.08]) {
      #expect(abs(Double(value) - expected) < 1e-7, "\(value)")
    }
  }

  @Test("A skipped step leaves every bit of parameters and moments alone, on both sides")
  func skip() throws {
    let store = store()
    _ = update(store, Self.gradient(1, 1))
    store.tensors.replica.pointer[1] = -0.0
    store.adopt(step: store.step)
    func bits() -> [[UInt32]] {
      let tensors = store.tensors
      return [tensors.master, tensors.replica, tensors.firstMoment, tensors.secondMoment].map {
        $0.values.map(\.bitPattern)
      }
    }
    let (before, digest) = (bits(), store.digest)
    store.gradient.fill(.infinity)
    let norm = store.gradientNorm(hiddenPixels: 1)
    #expect(norm == .infinity)
    let result = store.skip(norm: norm)
    #expect(result.gradientNorm == .infinity && result.learningRate == 1 && result.isFinite)
    #expect(store.step == Step(2))
    #expect(bits() == before)
    #expect(store.digest == digest)
    #expect(store.gradient.values.allSatisfy { $0 == 0 })

    // A worker adds the delta to what it has.
    let codec = TensorCodec(valuesPerChunk: Self.valuesPerChunk)
    let worker = FloatBuffer(count: Self.layout.count)
    worker.copy(from: store.tensors.replica)
    for chunk in store.grid.chunks {
      let (from, payload) = store.chunk(chunk, have: Step(1))
      #expect(from == Step(1))
      let target = worker[store.grid.range(of: chunk)]
      #expect(try codec.decodeAdding(payload, as: .bfloat16, into: target))
    }
    #expect(worker.values.map(\.bitPattern) == before[1])
  }

  @Test("The digest of a gradient tells any one bit")
  func gradientDigest() {
    let store = store()
    store.gradient.fill(1)
    let digest = store.gradientDigest
    for place in [0, 4, Self.layout.count - 1] {
      store.gradient.pointer[place] = Float(1).nextUp
      #expect(store.gradientDigest != digest)
      store.gradient.pointer[place] = 1
    }
    #expect(store.gradientDigest == digest)
  }
}
