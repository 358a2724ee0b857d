// The weights of an antialiased linear resize along one axis.

import Tensors

/// For each output sample, the first input sample that it sees and the weights of that one and the
/// next. The same as `torch.nn.functional.interpolate(mode: "bilinear", antialias: true,
/// align_corners: false)`: a triangle as wide as the larger of an input and an output sample on
/// each side, cut at the ends of the input and normalised to sum 1.
final class AxisFilter {
  /// Weights kept an output, a multiple of 8; those beyond the triangle are 0.
  let tapStride: Int
  /// (outputs)
  private(set) var starts: [Int]
  /// (outputs): weights of each, all within the input.
  private(set) var tapCounts: [Int]
  /// (outputs, tapStride)
  let weights: FloatBuffer
  let outputCount: Int

  /// - Parameter largestInput: the longest input that `prepare` will be given.
  init(outputCount: Int, largestInput: Int) {
    precondition(outputCount > 0 && largestInput > 0)
    self.outputCount = outputCount
    let taps = Self.tapLimit(inputCount: largestInput, outputCount: outputCount)
    tapStride = (taps + 7) / 8 * 8
    starts = [Int](repeating: 0, count: outputCount)
    tapCounts = starts
    weights = FloatBuffer(count: outputCount * tapStride)
  }

  private static func tapLimit(inputCount: Int, outputCount: Int) -> Int {
    let support = max(1, Double(inputCount) / Double(outputCount))
    return Int(support.rounded(.up)) * 2 + 1
  }

  /// Computes starts and weights for an input of `inputCount` samples; no allocation.
  func prepare(inputCount: Int) {
    let limit = Self.tapLimit(inputCount: inputCount, outputCount: outputCount)
    precondition(limit <= tapStride)
    let scale = Double(inputCount) / Double(outputCount)
    let support = max(1, scale)
    weights.fill(0)
    for output in 0..<outputCount {
      let center = scale * (Double(output) + 0.5)
      let start = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), inputCount)
      let count = min(end - start, limit)
      let row = weights.pointer + output * tapStride
      var sum = 0.0
      for tap in 0..<count { sum += Self.weight(start + tap, center, support) }
      for tap in 0..<count { row[tap] = Float(Self.weight(start + tap, center, support) / sum) }
      starts[output] = start
      tapCounts[output] = count
    }
  }

  /// The triangle at the middle of an input sample.
  private static func weight(_ sample: Int, _ center: Double, _ support: Double) -> Double {
    max(0, 1 - abs((Double(sample) + 0.5 - center) / support))
  }
}
