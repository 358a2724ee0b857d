// Resizes one plane of floats: rows first, then columns, both by `AxisFilter`. A hot loop: unsafe
// pointers, all into buffers of this object or of the caller whose sizes follow from the two sides
// given at birth.

import Tensors

/// Resizes a box of up to `largestInput`² samples to `side`² samples. One thread at a time; no
/// allocation a call.
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
    let strideBytes = planeStride * Self.floatBytes
    // Taken out of the objects once: the loops below are all arithmetic.
    let (starts, tapCounts) = (rows.starts, rows.tapCounts)
    let (weights, tapStride) = (rows.weights.pointer, rows.tapStride)
    let (target, targetStride, padding) = (band.pointer, bandStride, columns.tapStride)
    for y in 0..<side {
      let first = source + starts[y] * strideBytes
      let row = weights + y * tapStride
      let taps = tapCounts[y]
      let output = target + y * targetStride
      for lane in 0..<lanes {
        var place = first + lane * Self.laneBytes
        var sum = Lane.zero
        for tap in 0..<taps {
          sum += place.loadUnaligned(as: Lane.self) * row[tap]
          place += strideBytes
        }
        UnsafeMutableRawPointer(output + lane * Lane.scalarCount).storeBytes(of: sum, as: Lane.self)
      }
      // Columns read whole lanes of taps; those beyond the box have weight 0, and 0 · NaN would not
      // be 0.
      (output + width).update(repeating: 0, count: lanes * Lane.scalarCount - width + padding)
    }
  }

  /// (side, width) → (side, side)
  private func resampleColumns(into output: UnsafeMutablePointer<Float>) {
    let (starts, tapStride) = (columns.starts, columns.tapStride)
    let lanes = tapStride / Lane.scalarCount
    let weights = UnsafeRawPointer(columns.weights.pointer)
    let source = UnsafeRawPointer(band.pointer)
    let (side, strideBytes) = (side, bandStride * Self.floatBytes)
    for x in 0..<side {
      let row = weights + x * tapStride * Self.floatBytes
      // Mostly all there is: 8 taps reach down to a third of the size.
      let firstWeights = row.loadUnaligned(as: Lane.self)
      var place = source + starts[x] * Self.floatBytes
      var target = output + x
      for _ in 0..<side {
        var sum = place.loadUnaligned(as: Lane.self) * firstWeights
        var lane = 1
        while lane < lanes {
          let offset = lane &* Self.laneBytes
          sum +=
            (place + offset).loadUnaligned(as: Lane.self)
            * (row + offset).loadUnaligned(as: Lane.self)
          lane &+= 1
        }
        let half = sum.lowHalf + sum.highHalf
        let quarter = half.lowHalf + half.highHalf
        target.pointee = quarter.x + quarter.y
        place += strideBytes
        target += side
      }
    }
  }

  private static let floatBytes = MemoryLayout<Float>.size
  private static let laneBytes = MemoryLayout<Lane>.size
}
