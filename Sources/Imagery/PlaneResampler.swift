// Resizes one plane of floats: rows first, then columns, both by `AxisFilter`. A hot loop: unsafe pointers, all
// into buffers of this object or of the caller whose sizes follow from the two sides given at birth.

import Tensors

/// Resizes a box of up to `largestInput`² samples to `side`² samples. One thread at a time; no allocation a call.
final class PlaneResampler {
  private typealias Lane = SIMD8<Float>

  let side: Int
  private let rows: AxisFilter
  private let columns: AxisFilter
  /// Floats in a row of `plane`: the longest row rounded up to whole lanes.
  let planeStride: Int
  /// (height, planeStride): the input; what lies beyond the box does not matter.
  let plane: FloatBuffer
  /// (side, bandStride): rows are resized, columns are not yet.
  private let band: FloatBuffer
  private let bandStride: Int
  private var width = 0

  init(side: Int, largestInput: Int) {
    self.side = side
    rows = AxisFilter(outputCount: side, largestInput: largestInput)
    columns = AxisFilter(outputCount: side, largestInput: largestInput)
    planeStride = (largestInput + 7) / 8 * 8
    plane = FloatBuffer(count: largestInput * planeStride)
    bandStride = planeStride + columns.tapStride
    band = FloatBuffer(count: side * bandStride)
  }

  /// Weights for a box; every plane until the next call has its size.
  func prepare(width: Int, height: Int) {
    self.width = width
    rows.prepare(inputCount: height)
    columns.prepare(inputCount: width)
  }

  /// Resizes what is in `plane`.
  /// - Parameter output: (side, side)
  func resample(into output: UnsafeMutablePointer<Float>) {
    resampleRows()
    resampleColumns(into: output)
  }

  /// (height, width) → (side, width)
  private func resampleRows() {
    let lanes = (width + 7) / 8
    let source = UnsafeRawPointer(plane.pointer)
    let strideBytes = planeStride * 4
    for y in 0..<side {
      let weights = rows.weights.pointer + y * rows.tapStride
      let first = source + rows.starts[y] * strideBytes
      let target = band.pointer + y * bandStride
      let taps = rows.tapCounts[y]
      for lane in 0..<lanes {
        var sum = Lane.zero
        for tap in 0..<taps {
          let values = (first + tap * strideBytes + lane * 32).loadUnaligned(as: Lane.self)
          sum += values * weights[tap]
        }
        UnsafeMutableRawPointer(target + lane * 8).storeBytes(of: sum, as: Lane.self)
      }
      // Columns read whole lanes of taps; those beyond the box have weight 0, and 0 · NaN would not be 0.
      (target + lanes * 8).update(repeating: 0, count: columns.tapStride)
      for x in width..<lanes * 8 { target[x] = 0 }
    }
  }

  /// (side, width) → (side, side)
  private func resampleColumns(into output: UnsafeMutablePointer<Float>) {
    let lanes = columns.tapStride / 8
    let weights = UnsafeRawPointer(columns.weights.pointer)
    for y in 0..<side {
      let source = UnsafeRawPointer(band.pointer + y * bandStride)
      let target = output + y * side
      for x in 0..<side {
        let first = source + columns.starts[x] * 4
        let row = weights + x * columns.tapStride * 4
        var sum = Lane.zero
        for lane in 0..<lanes {
          sum +=
            (first + lane * 32).loadUnaligned(as: Lane.self)
            * (row + lane * 32).loadUnaligned(as: Lane.self)
        }
        let half = sum.lowHalf + sum.highHalf
        let quarter = half.lowHalf + half.highHalf
        target[x] = quarter.x + quarter.y
      }
    }
  }
}
