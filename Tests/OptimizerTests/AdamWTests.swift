// AdamW and gradient clipping against PyTorch's numbers and the scalar definition.

import Basics
import Kernels
import Optimizer
import Tensors
import Testing

@Suite("AdamW")
struct AdamWTests {
  /// Two tensors of six values, one decayed and one not, after three updates with these gradients
  /// and rates: what `torch.optim.AdamW` (2.x, betas 0.9 and 0.95, eps 1e-8, weight_decay 0.05)
  /// makes of them. The numbers come from scripts/golden/adamw.
  enum Torch {
    static let start: [Float] = [
      -0.48678076, -0.6038216, -0.55809623, 0.6675243, -0.1974151, 1.9427835,
    ]
    static let rates = [1e-3, 2e-3, 5e-4]
    static let gradients: [[Float]] = [
      [-1.401702, -0.76255715, 0.6312134, -0.89913517, -0.55779344, 0],
      [2.2245859e-4, -6.6622527e-4, 6.846422e-4, 5.7400163e-4, -5.828827e-4, 0],
      [0.5709266, -11.893745, -5.6588488, -8.326538, 9.014486, 0],
    ]
    static let decayed: [Double] = [
      -0.4842173457145691, -0.6010302305221558, -0.5600754618644714, 0.6701006293296814,
      -0.19531729817390442, 1.9424434900283813,
    ]
    static let plain: [Double] = [
      -0.4843023717403412, -0.6011357307434082, -0.5601732730865479, 0.6702176332473755,
      -0.19535169005393982, 1.9427834749221802,
    ]
    static let firstMoment: [Double] = [
      -0.05642518401145935, -1.2512016296386719, -0.5146949887275696, -0.9054321050643921,
      0.8562148809432983, 0,
    ]
    static let secondMoment: [Double] = [
      0.10495804250240326, 7.09929895401001, 1.619107723236084, 3.5030429363250732,
      4.077088356018066, 0,
    ]
  }

  static func state(_ start: [Float]) -> OptimizerState {
    let layout = ParameterLayout([
      ("a.weight", [start.count], .matrix), ("a.bias", [start.count], .bias),
      ("norm.weight", [1], .norm),
      ("b.weight", [3], .matrix),
    ])
    let state = OptimizerState(layout: layout, master: FloatBuffer(count: layout.count))
    for i in start.indices {
      state.master.pointer[i] = start[i]
      state.master.pointer[start.count + i] = start[i]
    }
    return state
  }

  @Test("Three updates agree with PyTorch, with decay and without, the gradient scaled")
  func agreesWithTorch() {
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let state = Self.state(Torch.start)
    let gradient = FloatBuffer(count: state.layout.count)
    for step in 0..<3 {
      for i in 0..<6 {
        // Twice the gradient at half the scale is exact.
        gradient.pointer[i] = 2 * Torch.gradients[step][i]
        gradient.pointer[6 + i] = 2 * Torch.gradients[step][i]
      }
      let isFinite = AdamW().update(
        state, gradient: gradient, gradientScale: 0.5, step: step + 1,
        learningRate: Torch.rates[step], pool: pool)
      #expect(isFinite)
    }
    func expectClose(_ values: Range<Int>, of buffer: FloatBuffer, _ expected: [Double]) {
      for (value, exact) in zip(buffer[values], expected) {
        #expect(abs(Double(value) - exact) <= 3e-7 * abs(exact), "\(value) instead of \(exact)")
      }
    }
    expectClose(0..<6, of: state.master, Torch.decayed)
    expectClose(6..<12, of: state.master, Torch.plain)
    expectClose(0..<6, of: state.firstMoment, Torch.firstMoment)
    expectClose(0..<6, of: state.secondMoment, Torch.secondMoment)
  }

  static func updated(_ ranges: [Range<Int>?], threads: Int) -> [UInt32] {
    let layout = ParameterLayout([
      ("a.weight", [70_001], .matrix), ("a.bias", [5], .bias), ("norm.weight", [100], .norm),
      ("b.weight", [66_000], .matrix),
    ])
    let state = OptimizerState(layout: layout, master: FloatBuffer(count: layout.count))
    let gradient = FloatBuffer(count: layout.count)
    var random = CounterRandom(seed: 1, purpose: .simulation)
    for i in 0..<layout.count {
      state.master.pointer[i] = random.uniformFloat()
      gradient.pointer[i] = random.uniformFloat() - 0.5
    }
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    for range in ranges {
      _ = AdamW().update(
        state, gradient: gradient, gradientScale: 1, step: 1, learningRate: 1e-2, range: range,
        pool: pool)
    }
    return [state.master, state.firstMoment, state.secondMoment].flatMap {
      $0.values.map(\.bitPattern)
    }
  }

  @Test("Chunks give the bits of the whole, on any number of threads")
  func chunksAndThreads() {
    let whole = Self.updated([nil], threads: 1)
    let end = whole.count / 3
    #expect(Self.updated([nil], threads: 3) == whole)
    #expect(Self.updated([70_003..<end, 0..<13, 13..<70_003], threads: 2) == whole)
  }

  @Test("The vector loop agrees with the scalar definition", arguments: [1, 7, 8, 21])
  func agreesWithScalar(count: Int) {
    let kernel = AdamWKernel(
      gradientScale: 0.25, keep: 0.999, oneMinusBeta1: 0.1, beta2: 0.95, oneMinusBeta2: 0.05,
      rootCorrection: 0.3, epsilon: 1e-8, stepSize: 1e-3)
    var random = CounterRandom(seed: UInt64(count), purpose: .simulation)
    let buffers = (0..<4).map { _ in FloatBuffer(count: count) }
    for buffer in buffers { for i in 0..<count { buffer.pointer[i] = random.uniformFloat() } }
    let before = buffers.map { Array($0.values) }
    let isFinite = AdamWKernel.apply(
      kernel, master: buffers[0].pointer, gradient: buffers[1].pointer,
      firstMoment: buffers[2].pointer, secondMoment: buffers[3].pointer, count: count)
    #expect(isFinite)
    for i in 0..<count {
      var (master, first, second) = (before[0][i], before[2][i], before[3][i])
      kernel.update(
        master: &master, gradient: before[1][i], firstMoment: &first, secondMoment: &second)
      for (ours, exact) in [(buffers[0], master), (buffers[2], first), (buffers[3], second)] {
        #expect(abs(ours.pointer[i] - exact) <= 4 * exact.ulp)
      }
    }
  }

  @Test("Clipping has the formula of torch.nn.utils.clip_grad_norm_, and is off at 0")
  func clipFactor() {
    // torch: clip_coef = max_norm / (total_norm + 1e-6), clamped to 1.
    #expect(GradientStatistics.clipFactor(norm: 4, limit: 1) == 1 / 4.000001)
    #expect(GradientStatistics.clipFactor(norm: 0.5, limit: 0.25) == 0.25 / 0.500001)
    // Just at the limit it is a little less than 1.
    #expect(GradientStatistics.clipFactor(norm: 1, limit: 1) == 1 / 1.000001)
    for norm in [0, 1e-9, 0.9, 1e30] {
      #expect(GradientStatistics.clipFactor(norm: norm, limit: 1e30 + 1e20) == 1)
      #expect(GradientStatistics.clipFactor(norm: norm, limit: 0) == 1)
    }
  }

  /// Vectors of `count` ones after an update of which one value was changed before.
  private static func isFinite(
    _ count: Int, at place: Int, _ change: (OptimizerState, FloatBuffer, Int) -> Void
  ) -> Bool {
    let layout = ParameterLayout([("a.weight", [count], .matrix)])
    let state = OptimizerState(layout: layout, master: FloatBuffer(count: count))
    let gradient = FloatBuffer(count: count)
    state.master.fill(1)
    gradient.fill(1)
    change(state, gradient, place)
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    return AdamW().update(
      state, gradient: gradient, gradientScale: 1, step: 1, learningRate: 1e-3, pool: pool)
  }

  @Test(
    "One number anywhere that is not finite, or will not stay so, is told",
    arguments: [0, 7, 70_000, 131_075])
  func notFinite(place: Int) {
    let count = 131_076
    #expect(Self.isFinite(count, at: place) { _, _, _ in })
    for value in [Float.nan, .infinity, -.infinity] {
      #expect(!Self.isFinite(count, at: place) { _, gradient, i in gradient.pointer[i] = value })
      #expect(!Self.isFinite(count, at: place) { state, _, i in state.master.pointer[i] = value })
      #expect(
        !Self.isFinite(count, at: place) { state, _, i in state.firstMoment.pointer[i] = value })
      #expect(
        !Self.isFinite(count, at: place) { state, _, i in state.secondMoment.pointer[i] = value })
    }
    // A gradient whose square is no float leaves its parameter alone for ever; and parameters near
    // the end of the range have differences beyond it.
    #expect(!Self.isFinite(count, at: place) { _, gradient, i in gradient.pointer[i] = 2e19 })
    #expect(Self.isFinite(count, at: place) { _, gradient, i in gradient.pointer[i] = 1e19 })
    #expect(!Self.isFinite(count, at: place) { state, _, i in state.master.pointer[i] = -1e38 })
    #expect(Self.isFinite(count, at: place) { state, _, i in state.master.pointer[i] = -8e37 })
  }
}
