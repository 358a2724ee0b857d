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
    clipNorm: Double = 0, average: Double = 0, epsilon: Double = 1e-8, beta2: Double = 0.95
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

  @Test(
    "The average is the mean of all steps until 1/(1 − decay) are done, then forgets exponentially")
  func average() throws {
    let store = store(average: 0.75)
    var (masters, expected) = ([Double](), 0.0)
    for step in 1...8 {
      _ = update(store, Self.gradient(step % 3 == 0 ? -1 : 1, 1))
      masters.append(Double(store.tensors.master.pointer[0]))
      expected =
        step <= 4
        ? masters.reduce(0, +) / Double(step) : 0.75 * expected + 0.25 * masters[step - 1]
      let average = try #require(store.tensors.average)
      #expect(abs(Double(average.pointer[0]) - expected) < 1e-6, "after step \(step)")
    }
    #expect(self.store().tensors.average == nil)
  }

  /// Every vector and delta after five updates by so many threads.
  private static func bits(threads: Int, chunk: Int) -> (vectors: [[UInt32]], deltas: [[UInt8]]) {
    let layout = ParameterLayout([
      ("a.weight", [70, 50], .matrix), ("a.bias", [70], .bias), ("norm.weight", [9], .norm),
      ("b.weight", [30, 41], .matrix),
    ])
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    let store = ParameterStore(
      layout: layout, initial: layout.initialParameters(seed: 3), optimizer: AdamW(),
      schedule: LearningRateSchedule(
        base: 1e-2, minimum: 0, imagesPerStep: 256, stepCount: 9, warmUpShare: 0.2),
      clipNorm: 1, average: 0.9, gradientKind: .float32, deltaKind: .int8, seed: 5, pool: pool,
      valuesPerChunk: chunk)
    var random = CounterRandom(seed: 4, purpose: .simulation)
    for _ in 0..<5 {
      for i in 0..<layout.count { store.gradient.pointer[i] = Float(random.normal()) }
      let result = store.update(hiddenPixels: 7, norm: store.gradientNorm(hiddenPixels: 7))
      #expect(result.isFinite)
    }
    let deltas = store.grid.chunks.map { store.chunk($0, have: Step(4)).payload }
    return (store.tensors.vectors.map { $0.values.map(\.bitPattern) }, deltas)
  }

  @Test("Threads take chunks as they come, and leave the bits that one of them leaves")
  func threads() {
    let one = Self.bits(threads: 1, chunk: 256)
    for threads in [2, 3, 8] {
      let several = Self.bits(threads: threads, chunk: 256)
      #expect(several.vectors == one.vectors)
      #expect(several.deltas == one.deltas)
    }
    // Master, moments and average know no chunks; the order of `vectors` is that of the files.
    let (whole, cut) = (Self.bits(threads: 2, chunk: 5000), one)
    #expect(whole.vectors[0] == cut.vectors[0])
    #expect(whole.vectors.suffix(3) == cut.vectors.suffix(3))
  }

  @Test("A skipped step leaves every bit of parameters, moments and average alone, on both sides")
  func skip() throws {
    let store = store(average: 0.9)
    _ = update(store, Self.gradient(1, 1))
    store.tensors.replica.pointer[1] = -0.0
    store.adopt(step: store.step)
    func bits() -> [[UInt32]] {
      let tensors = store.tensors
      return tensors.vectors.map { $0.values.map(\.bitPattern) }
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
    let codec = TensorCodec(ChunkedLayout(Self.layout, valuesPerChunk: Self.valuesPerChunk))
    let worker = FloatBuffer(count: Self.layout.count)
    worker.copy(from: store.tensors.replica)
    for chunk in store.grid.chunks {
      let (from, payload) = store.chunk(chunk, have: Step(1))
      #expect(from == Step(1))
      let target = worker[store.grid.range(of: chunk)]
      #expect(try codec.decodeAdding(payload, of: chunk, as: .bfloat16, into: target))
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

  @Test("The replica follows the master, with every codec of deltas", arguments: CodecKind.allCases)
  func replicaFollows(codec: CodecKind) {
    let layout = ParameterLayout([("a.weight", [20, 50], .matrix), ("a.bias", [20], .bias)])
    let store = ParameterStore(
      layout: layout, initial: layout.initialParameters(seed: 1), optimizer: AdamW(),
      schedule: LearningRateSchedule(
        base: 1e-3, minimum: 1e-3, imagesPerStep: 256, stepCount: 300, warmUpShare: 0),
      gradientKind: .float32, deltaKind: codec, seed: 1, pool: pool, valuesPerChunk: 300)
    // How much of the largest number of a chunk a delta may lose: half a unit in the last place, or
    // half a step of a block.
    let lost =
      switch codec {
      case .float32: 0x1p-24
      case .bfloat16: 0x1p-8
      case .float16: 0x1p-11
      case .int8: 0.5 / 127 * (1 + 0x1p-6)
      case .int4: 0.5 / 7 * (1 + 0x1p-6)
      }
    var random = CounterRandom(seed: 2, purpose: .simulation)
    var bound = 0.0
    for _ in 0..<300 {
      let before = Array(store.tensors.master.values)
      _ = update(store, (0..<layout.count).map { Float(random.normal()) * ($0 < 500 ? 1 : 1e-3) })
      let (master, replica) = (store.tensors.master.values, store.tensors.replica.values)
      let moved = zip(master, before).map { abs(Double($0) - Double($1)) }.max()!
      // What was lost before is in this delta again. The sums of float32 round, at most a few units
      // of the largest number, and the smallest halves are multiples of 2⁻²⁴.
      let unit = Double(master.map(\.magnitude).max()!.ulp)
      bound = lost * (bound + moved) + 2 * unit + (codec == .float16 ? 0x1p-25 : 0)
      let worst = master.indices.max {
        abs(master[$0] - replica[$0]) < abs(master[$1] - replica[$1])
      }!
      #expect(
        Double(abs(master[worst] - replica[worst])) <= bound, "step \(store.step), value \(worst)")
    }
    #expect(bound < 2e-4)
  }
}
