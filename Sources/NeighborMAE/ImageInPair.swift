// One image of a pair, its neighbour, and what is known about both: what the pixel objective reads.

import Basics
import VisionTransformer

/// Addresses into a batch; valid while the batch is neither refilled nor freed.
struct ImageInPair {
  let configuration: ModelConfiguration
  let box: FrameBox
  let otherBox: FrameBox
  let pixels: UnsafePointer<Float>  // (C, H, W)
  let otherPixels: UnsafePointer<Float>  // (C, H, W)
  let validity: UnsafePointer<UInt8>  // (H, W)
  let otherValidity: UnsafePointer<UInt8>  // (H, W)
  let visible: UnsafePointer<UInt8>  // (L)
  let otherVisible: UnsafePointer<UInt8>  // (L)

  /// Image `index` of a batch, counted through pairs: 2 · pair + image.
  init(_ index: Int, of batch: PairBatch) {
    let configuration = batch.configuration
    let other = index ^ 1
    let patches = configuration.patchesPerImage
    self.configuration = configuration
    box = batch.boxes[index]
    otherBox = batch.boxes[other]
    pixels = UnsafePointer(batch.pixels.pointer + index * configuration.valuesPerImage)
    otherPixels = UnsafePointer(batch.pixels.pointer + other * configuration.valuesPerImage)
    validity = UnsafePointer(batch.validity.pointer + index * configuration.pixelsPerImage)
    otherValidity = UnsafePointer(batch.validity.pointer + other * configuration.pixelsPerImage)
    visible = UnsafePointer(batch.visiblePatches.pointer + index * patches)
    otherVisible = UnsafePointer(batch.visiblePatches.pointer + other * patches)
  }

  /// Calls `body(patch, row, pixel)` for each run of p pixels that one patch has in one row of the
  /// image; `row` counts within the patch, `pixel` is the place of the run's first pixel in (H, W).
  @inline(__always)
  func forEachPatchRow(_ body: (_ patch: Int, _ row: Int, _ pixel: Int) -> Void) {
    let grid = configuration.grid
    let side = configuration.patchSide
    for patch in 0..<configuration.patchesPerImage {
      let (patchRow, patchColumn) = patch.quotientAndRemainder(dividingBy: grid)
      let start = (patchRow * configuration.imageSide + patchColumn) * side
      for row in 0..<side { body(patch, row, start + row * configuration.imageSide) }
    }
  }

  /// The values of one patch, ordered (row, column, channel): `patchify` of the oracle.
  func copyPatch(_ patch: Int, into values: UnsafeMutablePointer<Float>) {
    let (grid, side, channels) = (
      configuration.grid, configuration.patchSide, configuration.channels
    )
    let (patchRow, patchColumn) = patch.quotientAndRemainder(dividingBy: grid)
    let start = (patchRow * configuration.imageSide + patchColumn) * side
    for row in 0..<side {
      let out = values + row * side * channels
      for channel in 0..<channels {
        let source =
          pixels + channel * configuration.pixelsPerImage + start
          + row * configuration.imageSide
        for column in 0..<side { out[column * channels + channel] = source[column] }
      }
    }
  }
}

/// Mean and deviation of each patch of an image over its measured pixels: what targets are
/// standardised with.
struct PatchStatistics {
  let mean: UnsafeMutablePointer<Float>  // (L)
  let deviation: UnsafeMutablePointer<Float>  // (L)

  /// Added to the variance before the root is taken.
  static let epsilon = 1e-6

  /// The deviation is that of a sample (n − 1); a patch of fewer than two values has variance 0, an
  /// empty one mean 0.
  func measure(_ image: ImageInPair) {
    let configuration = image.configuration
    for patch in 0..<configuration.patchesPerImage {
      let (patchRow, patchColumn) = patch.quotientAndRemainder(dividingBy: configuration.grid)
      let start = (patchRow * configuration.imageSide + patchColumn) * configuration.patchSide
      let measured = image.measuredPixels(ofPatchAt: start) * configuration.channels
      let mean =
        measured > 0 ? image.sum(ofPatchAt: start, { $0 }) / Double(measured) : 0
      let squares = image.sum(ofPatchAt: start) { ($0 - mean) * ($0 - mean) }
      let variance = measured > 1 ? squares / Double(measured - 1) : 0
      self.mean[patch] = Float(mean)
      deviation[patch] = Float((variance + Self.epsilon).squareRoot())
    }
  }
}

extension ImageInPair {
  /// Measured pixels of the patch whose first pixel is at `start` in (H, W).
  fileprivate func measuredPixels(ofPatchAt start: Int) -> Int {
    var count = 0
    for row in 0..<configuration.patchSide {
      let run = validity + (start + row * configuration.imageSide)
      for column in 0..<configuration.patchSide where run[column] != 0 { count &+= 1 }
    }
    return count
  }

  /// Σ term(value) over all channels of a patch's measured pixels: eight columns at a time, then
  /// those sums.
  @inline(__always)
  fileprivate func sum(
    ofPatchAt start: Int, _ term: (SIMD8<Double>) -> SIMD8<Double>
  ) -> Double {
    let side = configuration.patchSide
    var sums = SIMD8<Double>()
    for row in 0..<side {
      let run = start &+ row &* configuration.imageSide
      for column in stride(from: 0, to: side, by: 8) {
        let count = min(8, side &- column)
        let present = SIMD8<Double>(Self.eight(validity + (run &+ column), count))
        for channel in 0..<configuration.channels {
          let place = pixels + (channel &* configuration.pixelsPerImage &+ run &+ column)
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
