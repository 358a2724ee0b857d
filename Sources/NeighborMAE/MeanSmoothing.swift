// The 9 × 9 mean that makes loss weights change gently: `avg_pool2d` with stride 1 and pixels
// outside the image not counted. Pixels without data are treated like those outside.

import Basics
import Tensors

/// The smoothing of images of one size, and its scratch memory.
///
/// `@unchecked Sendable`: used by one thread at a time.
final class MeanSmoothing: @unchecked Sendable {
  static let windowSide = 9

  private let side: Int
  private let values: FloatBuffer  // (H, W): values along rows summed
  private let counts: FloatBuffer  // (H, W): measured pixels along rows
  private let weighted: FloatBuffer  // (W + 8): one row with a margin of zeros
  private let valueSums: FloatBuffer  // (W)
  private let countSums: FloatBuffer  // (W)

  init(side: Int) {
    self.side = side
    values = FloatBuffer(count: side * side)
    counts = FloatBuffer(count: side * side)
    weighted = FloatBuffer(count: side + Self.windowSide - 1)
    valueSums = FloatBuffer(count: side)
    countSums = FloatBuffer(count: side)
  }

  /// Replaces each value by the mean of the measured ones around it; 0 when there is none. (H, W)
  func apply(_ image: UnsafeMutablePointer<Float>, validity: UnsafePointer<UInt8>) {
    let margin = Self.windowSide / 2
    for row in 0..<side {
      let line = weighted.pointer + margin
      for column in 0..<side { line[column] = Float(validity[row * side + column]) }
      sumAlongRow(into: counts.pointer + row * side)
      for column in 0..<side { line[column] *= image[row * side + column] }
      sumAlongRow(into: values.pointer + row * side)
    }
    for row in 0..<side {
      valueSums.fill(0)
      countSums.fill(0)
      for near in max(0, row - margin)...min(side - 1, row + margin) {
        let value = values.pointer + near * side
        let count = counts.pointer + near * side
        for column in 0..<side {
          valueSums.pointer[column] += value[column]
          countSums.pointer[column] += count[column]
        }
      }
      for column in 0..<side {
        image[row * side + column] = valueSums.pointer[column] / max(countSums.pointer[column], 1)
      }
    }
  }

  private func sumAlongRow(into sums: UnsafeMutablePointer<Float>) {
    let line = weighted.pointer
    for column in 0..<side {
      var sum: Float = 0
      for offset in 0..<Self.windowSide { sum += line[column + offset] }
      sums[column] = sum
    }
  }
}
