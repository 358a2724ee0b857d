// What targets are standardised with. Not here: what can be known of a hidden patch
// (`PatchEstimate`).

import VisionTransformer

/// Mean and deviation of each patch of an image over its measured pixels: what targets are
/// standardised with.
package struct PatchStatistics {
  package let mean: UnsafeMutablePointer<Float>  // (L)
  package let deviation: UnsafeMutablePointer<Float>  // (L)

  /// Added to the variance before the root is taken.
  package static let epsilon = 1e-6

  /// Where both are to be written.
  package init(mean: UnsafeMutablePointer<Float>, deviation: UnsafeMutablePointer<Float>) {
    self.mean = mean
    self.deviation = deviation
  }

  /// The deviation is that of a sample (n − 1); a patch of fewer than two values has variance 0, an
  /// empty one mean 0.
  package func measure(_ image: MaskedImage) {
    let grid = image.grid
    for patch in 0..<grid.patchCount {
      let start = grid.firstPixel(of: patch)
      let measured = image.measuredPixels(ofPatchAt: start) * grid.channels
      let mean =
        measured > 0 ? image.sum(ofPatchAt: start, { $0 }) / Double(measured) : 0
      let squares = image.sum(ofPatchAt: start) { ($0 - mean) * ($0 - mean) }
      let variance = measured > 1 ? squares / Double(measured - 1) : 0
      self.mean[patch] = Float(mean)
      deviation[patch] = Float((variance + Self.epsilon).squareRoot())
    }
  }
}

extension MaskedImage {
  /// Measured pixels of the patch whose first pixel is at `start` in (H, W).
  fileprivate func measuredPixels(ofPatchAt start: Int) -> Int {
    var count = 0
    for row in 0..<grid.patchSide {
      let run = validity + (start + row * grid.imageSide)
      for column in 0..<grid.patchSide where run[column] != 0 { count &+= 1 }
    }
    return count
  }

  /// Σ term(value) over all channels of a patch's measured pixels: eight columns at a time, then
  /// those sums.
  @inline(__always)
  fileprivate func sum(
    ofPatchAt start: Int, _ term: (SIMD8<Double>) -> SIMD8<Double>
  ) -> Double {
    let side = grid.patchSide
    var sums = SIMD8<Double>()
    for row in 0..<side {
      let run = start &+ row &* grid.imageSide
      for column in stride(from: 0, to: side, by: 8) {
        let count = min(8, side &- column)
        let present = SIMD8<Double>(Self.eight(validity + (run &+ column), count))
        for channel in 0..<grid.channels {
          let place = pixels + (channel &* grid.pixelCount &+ run &+ column)
          sums += term(SIMD8<Double>(Self.eight(place, count))) * present
        }
      }
    }
    let four = sums.lowHalf + sums.highHalf
    return (four[0] + four[2]) + (four[1] + four[3])
  }

  /// `count` values (1...8), and zeros after them.
  @inline(__always)
  private static func eight<Value>(_ place: UnsafePointer<Value>, _ count: Int) -> SIMD8<Value> {
    if count == 8 { return UnsafeRawPointer(place).loadUnaligned(as: SIMD8<Value>.self) }
    var values = SIMD8<Value>()
    for lane in 0..<count { values[lane] = place[lane] }
    return values
  }
}
