// Layer normalisation and its gradients against their definition.

import Basics
import Kernels
import Tensors
import TestSupport
import Testing

@Suite("Layer norm")
struct LayerNormTests {
  /// Output and gradients of one row in double precision: the definition.
  static func definition(
    _ x: [Double], weight: [Double], bias: [Double], outer: [Double]
  ) -> (output: [Double], gradient: [Double], normalised: [Double]) {
    let count = Double(x.count)
    let mean = x.reduce(0, +) / count
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let deviation = (variance + Double(LayerNorm.epsilon)).squareRoot()
    let normalised = x.map { ($0 - mean) / deviation }
    let u = zip(outer, weight).map(*)
    let meanOfU = u.reduce(0, +) / count
    let meanOfUX = zip(u, normalised).map(*).reduce(0, +) / count
    return (
      zip(zip(normalised, weight).map(*), bias).map(+),
      zip(u, normalised).map { ($0 - meanOfU - $1 * meanOfUX) / deviation }, normalised
    )
  }

  @Test("Forward and backward agree with the definition on odd widths", arguments: [3, 8, 20, 65])
  func agreesWithDefinition(width: Int) {
    let rows = 11
    let (inputBuffer, input) = normalMatrix(rows, width, seed: 21)
    let (outerBuffer, outer) = normalMatrix(rows, width, seed: 22)
    let weight = normalBuffer(width, seed: 23)
    let bias = normalBuffer(width, seed: 24)
    let output = FloatBuffer(count: rows * width)
    let statistics = FloatBuffer(count: rows * LayerNorm.statisticsPerRow)
    let gradient = FloatBuffer(count: rows * width)
    gradient.fill(1)
    let sums = FloatBuffer(count: 2 * width)
    let outputView = MatrixView(output, rows: rows, columns: width)
    LayerNorm.forward(
      input: input, weight: weight.pointer, bias: bias.pointer, output: outputView,
      statistics: statistics.pointer)
    LayerNorm.backward(
      input: input, weight: weight.pointer, statistics: statistics.pointer, outputGradient: outer,
      gradient: MatrixView(gradient, rows: rows, columns: width), sums: sums.pointer)

    var expected: (output: [Double], gradient: [Double]) = ([], [])
    var weightSums = [Double](repeating: 0, count: width)
    var biasSums = weightSums
    for row in 0..<rows {
      func doubles(_ view: MatrixView) -> [Double] { (0..<width).map { Double(view.row(row)[$0]) } }
      let exact = Self.definition(
        doubles(input), weight: weight.values.map(Double.init), bias: bias.values.map(Double.init),
        outer: doubles(outer))
      expected.output += exact.output
      expected.gradient += exact.gradient.map { $0 + 1 }
      for column in 0..<width {
        weightSums[column] += doubles(outer)[column] * exact.normalised[column]
        biasSums[column] += doubles(outer)[column]
      }
    }
    expectClose(output.values, expected.output, bound: 2e-6, "output")
    expectClose(gradient.values, expected.gradient, bound: 4e-6, "gradient")
    expectClose(sums.values, weightSums + biasSums, bound: 4e-6, "sums")

    let forwardBits = bits(output)
    output.fill(0)
    LayerNorm.recompute(
      input: input, weight: weight.pointer, bias: bias.pointer, output: outputView,
      statistics: statistics.pointer)
    #expect(bits(output) == forwardBits)
    withExtendedLifetime((inputBuffer, outerBuffer)) {}
  }
}
