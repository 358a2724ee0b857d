// Functions of single values, sums over columns and statistics of vectors, against double
// precision.

import Basics
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Elementwise kernels")
struct ElementwiseTests {
  @Test("eˣ is within 1 unit in the last place over its range")
  func exponential() {
    let count = 100_003
    let buffer = FloatBuffer(count: count)
    let inputs = (0..<count).map { Float(-87 + 175 * Double($0) / Double(count - 1)) }
    for i in 0..<count { buffer.pointer[i] = inputs[i] }
    RowFunctions.exponentiate(buffer.pointer, count: count)
    var worst = 0.0
    for i in 0..<count {
      let exact = Foundation.exp(Double(inputs[i]))
      worst = max(worst, abs(Double(buffer.pointer[i]) - exact) / Double(Float(exact).ulp))
    }
    #expect(worst <= 1)
  }

  @Test("eˣ stays positive and finite beyond its range, and passes on what is no number")
  func exponentialAtTheEnds() {
    let buffer = FloatBuffer(count: 4)
    for (i, x) in [-Float.infinity, .infinity, .nan, 0].enumerated() { buffer.pointer[i] = x }
    RowFunctions.exponentiate(buffer.pointer, count: 4)
    #expect(buffer.pointer[0].isNormal && buffer.pointer[0] < 2e-38)
    #expect(buffer.pointer[1].isFinite && buffer.pointer[1] > 1e38)
    #expect(buffer.pointer[2].isNaN)
    #expect(buffer.pointer[3] == 1)
  }

  /// x·Φ(x) and Φ(x) + x·φ(x) by the C library's erfc in double precision.
  static func definition(_ x: Double) -> (value: Double, derivative: Double) {
    let distribution = erfc(-x / 2.squareRoot()) / 2
    return (x * distribution, distribution + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
  }

  @Test("GELU and its derivative agree with erf", arguments: [1, 7, 8, 9, 31])
  func gelu(columns: Int) {
    let rows = 200
    let (hiddenBuffer, hidden) = normalMatrix(rows, columns, seed: 7)
    for i in 0..<hiddenBuffer.count { hiddenBuffer.pointer[i] *= 3 }
    let before = Array(hiddenBuffer.values)
    let bias = normalBuffer(columns, seed: 8)
    let (activationBuffer, activation) = normalMatrix(rows, columns, seed: 9)
    GELU.forward(hidden: hidden, bias: bias.pointer, activation: activation)
    let x = (0..<rows * columns).map { before[$0] + bias.pointer[$0 % columns] }
    let exact = x.map { Self.definition(Double($0)) }
    expectClose(activationBuffer.values, exact.map(\.value), bound: 4e-7, "value")
    #expect(bits(hiddenBuffer) == x.map(\.bitPattern))

    let (gradientBuffer, gradient) = normalMatrix(rows, columns, seed: 10)
    let expected = zip(gradientBuffer.values, exact).map { Double($0) * $1.derivative }
    let (againBuffer, again) = normalMatrix(rows, columns, seed: 11)
    GELU.backward(hidden: hidden, gradient: gradient, activation: again)
    // Gradients reach about 5.
    expectClose(gradientBuffer.values, expected, bound: 2e-6, "gradient")
    #expect(bits(againBuffer) == bits(activationBuffer))
  }

  @Test("Narrow and wide registers give a row the same bits", arguments: [1, 15, 16, 33, 99, 400])
  func equalBitsOfRegisters(count: Int) {
    guard let wide = InnerLoops.wide else { return }
    let group = MicroTile.groupDepth
    let space = (count + group - 1) / group * group
    /// Scores, their weights' gradient and groups after both passes of softmax; hidden, gradient
    /// and activation after both of GELU.
    func results(_ loops: InnerLoops) -> [[UInt32]] {
      let (scores, gradient) = (normalBuffer(4 * space, seed: 14), normalBuffer(space, seed: 15))
      let statistics = FloatBuffer(count: 8)
      let groups = (0..<2).map { _ in FloatBuffer(count: space * MicroTile.mr) }
      let (hidden, activation) = (normalBuffer(count, seed: 16), FloatBuffer(count: count))
      let outer = normalBuffer(count, seed: 17)
      loops.exponentials(
        scores.pointer, space, count, groups[0].pointer, statistics.pointer)
      loops.softmaxGradient(
        scores.pointer, gradient.pointer, count, statistics.pointer[0], statistics.pointer[1],
        0.3, groups[1].pointer)
      loops.gelu(hidden.pointer, outer.pointer, activation.pointer, count)
      loops.geluGradient(hidden.pointer, outer.pointer, activation.pointer, count)
      return ([scores, gradient, statistics] + groups + [hidden, activation, outer]).map {
        bits($0)
      }
    }
    #expect(results(wide) == results(.narrow))
  }

  @Test("A column sum agrees with double precision, and with itself for any threads")
  func columnSums() {
    // Two whole parts of the columns and a rest.
    let (buffer, matrix) = normalMatrix(1000, 131, seed: 11)
    expectEqualBits { pool in
      let sums = FloatBuffer(count: 131)
      ColumnSums.compute(matrix, into: sums.pointer, pool: pool)
      let exact = (0..<131).map { column in
        (0..<1000).reduce(0.0) { $0 + Double(matrix.row($1)[column]) }
      }
      // √64 roundings of 2·10⁻⁷ in a group, √16 of 2·10⁻⁶ over the groups.
      expectClose(sums.values, exact, bound: 1e-5)
      return [sums]
    }
    withExtendedLifetime(buffer) {}
  }

  @Test("Norm and finiteness of vectors", arguments: [0, 1, 8, 13, 1000])
  func vectorStatistics(count: Int) {
    let buffer = normalBuffer(count, seed: 12)
    let exact = buffer.values.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(
      abs(VectorStatistics.sumOfSquares(buffer.pointer, count: count) - exact) <= 1e-12 * exact)
    #expect(VectorStatistics.allFinite(buffer.pointer, count: count))
    for bad in [Float.nan, .infinity, -.infinity] where count > 0 {
      for place in [0, count / 2, count - 1] {
        let kept = buffer.pointer[place]
        buffer.pointer[place] = bad
        #expect(!VectorStatistics.allFinite(buffer.pointer, count: count))
        buffer.pointer[place] = kept
      }
    }
  }
}
