// What a step of SatMAE++ computes on: single images at several scales, each half the one above.
// Patches are hidden at the smallest. Not here: where crops come from, and who draws the
// permutations.

import Basics
import MAE
import MaskedAutoencoding
import Tensors
import VisionTransformer

/// The images of one microbatch. Allocated once for a number of images, then filled and prepared
/// over and over: write the pixels and validity of the largest scale, then call `prepare`.
///
/// `@unchecked Sendable`: a batch has one owner at a time; threads that fill it write different
/// images.
package final class MultiScaleBatch: @unchecked Sendable {
  /// The images at one scale beyond the base.
  struct Scale {
    let grid: PatchGrid
    let pixels: FloatBuffer  // (capacity, C, S, S), normalised by band
    let validity: ByteBuffer  // (capacity, S, S)
  }

  /// The smallest scale, which the transformer sees.
  package let base: ImageBatch
  /// From the smaller to the largest.
  let scales: [Scale]

  /// - Precondition: the configuration is valid and has upsamplings; `capacity` is positive.
  package init(configuration: ModelConfiguration, capacity: Int) {
    precondition(configuration.upsamplings > 0)
    base = ImageBatch(configuration: configuration, capacity: capacity)
    scales = (1...configuration.upsamplings).map { doublings in
      let grid = configuration.patchGrid(doublings: doublings)
      return Scale(
        grid: grid, pixels: FloatBuffer(count: capacity * grid.valueCount),
        validity: ByteBuffer(count: capacity * grid.pixelCount))
    }
  }

  /// Of the model that the batch is for.
  package var configuration: ModelConfiguration { base.configuration }
  /// Images in use, the first ones.
  package var count: Int { base.count }

  /// One image at a scale beyond the base; 0 is twice the base.
  package func image(_ index: Int, scale: Int) -> MaskedImage {
    let (scale, base) = (scales[scale], base.images[index])
    return MaskedImage(
      grid: scale.grid, pixels: UnsafePointer(scale.pixels.pointer + index * scale.grid.valueCount),
      validity: UnsafePointer(scale.validity.pointer + index * scale.grid.pixelCount),
      visible: base.visible)
  }

  /// The extents of the largest scale.
  package var largestGrid: PatchGrid { scales[scales.count - 1].grid }

  /// (C, S, S): where an image's pixels at the largest scale are to be written.
  package func largestPixels(image: Int) -> UnsafeMutablePointer<Float> {
    precondition(image >= 0 && image < base.images.capacity)
    return scales[scales.count - 1].pixels.pointer + image * largestGrid.valueCount
  }

  /// (S, S): the same of the flags, 1 where a pixel was measured.
  package func largestValidity(image: Int) -> UnsafeMutablePointer<UInt8> {
    precondition(image >= 0 && image < base.images.capacity)
    return scales[scales.count - 1].validity.pointer + image * largestGrid.pixelCount
  }

  /// Takes the largest scale as it now is for the first images, makes the smaller ones and hides
  /// patches of the smallest. A pixel of a smaller scale is the mean of those of its four that were
  /// measured, and measured where at least two were. Pixels without data become 0.
  /// - Parameters:
  ///   - order: (count, L), a permutation of the patches of each image; the first ones stay
  ///     visible.
  ///   - maskRatio: the share that is hidden.
  /// - Throws: `ImageBatchError`; the batch is then not prepared.
  package func prepare(count: Int, order: [Int32], maskRatio: Float) throws(ImageBatchError) {
    // Pixels are made first; what is wrong with the rest is found by the base.
    for image in 0..<min(max(count, 0), base.images.capacity) {
      let largest = scales[scales.count - 1]
      Self.clear(
        largest.pixels.pointer + image * largest.grid.valueCount,
        where: largest.validity.pointer + image * largest.grid.pixelCount, largest.grid)
      for scale in scales.indices.reversed() {
        let (upper, grid) = (scales[scale], scales[scale].grid)
        let lower =
          scale > 0
          ? (scales[scale - 1].pixels, scales[scale - 1].validity)
          : (base.images.pixels, base.images.validity)
        Self.halve(
          upper.pixels.pointer + image * grid.valueCount,
          upper.validity.pointer + image * grid.pixelCount, grid,
          into: lower.0.pointer + image * grid.valueCount / 4,
          lower.1.pointer + image * grid.pixelCount / 4)
      }
    }
    try base.prepare(count: count, order: order, maskRatio: maskRatio)
  }

  private static func clear(
    _ pixels: UnsafeMutablePointer<Float>, where validity: UnsafePointer<UInt8>, _ grid: PatchGrid
  ) {
    for pixel in 0..<grid.pixelCount where validity[pixel] == 0 {
      for channel in 0..<grid.channels { pixels[channel * grid.pixelCount + pixel] = 0 }
    }
  }

  /// The mean of each 2 × 2 pixels; those that were not measured are 0 and do not count. Flags are
  /// 0 or 1.
  private static func halve(
    _ pixels: UnsafePointer<Float>, _ validity: UnsafePointer<UInt8>, _ grid: PatchGrid,
    into halved: UnsafeMutablePointer<Float>, _ halvedValidity: UnsafeMutablePointer<UInt8>
  ) {
    let (side, area) = (grid.imageSide, grid.pixelCount)
    let half = side / 2
    for row in 0..<half {
      for column in 0..<half {
        let place = 2 * row * side + 2 * column
        let (upper, lower) = (validity + place, validity + place + side)
        let measured = Int(upper[0]) + Int(upper[1]) + Int(lower[0]) + Int(lower[1])
        let isMeasured = measured >= 2
        halvedValidity[row * half + column] = isMeasured ? 1 : 0
        for channel in 0..<grid.channels {
          let upper = pixels + channel * area + place
          let lower = upper + side
          let sum = (upper[0] + upper[1]) + (lower[0] + lower[1])
          halved[channel * half * half + row * half + column] =
            isMeasured ? sum / Float(measured) : 0
        }
      }
    }
  }
}
