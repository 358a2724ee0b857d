// Images as numbers, and which of their patches are hidden. Not here: where they come from, how
// they belong together, and who draws the permutations.

import Basics
import Tensors

/// The images of one microbatch. Allocated once for a number of images, then filled and masked over
/// and over: write `pixels` and `validity`, then call `mask`.
///
/// `@unchecked Sendable`: images have one owner at a time; threads that fill them write different
/// ones.
public final class MaskedImages: @unchecked Sendable {
  /// Of the model that the images are for.
  public let configuration: ModelConfiguration
  /// N: images that fit.
  public let capacity: Int
  /// Images in use, the first ones.
  public private(set) var count = 0
  /// (N, C, H, W), normalised by band.
  public let pixels: FloatBuffer
  /// (N, H, W): 1 where a pixel was measured, 0 for nodata.
  public let validity: ByteBuffer
  /// (count): patches left visible of each.
  public private(set) var visibleCounts: [Int] = []
  /// (count, L): a permutation of the patches of each; the first ones stay visible.
  public private(set) var order: [Int32] = []
  /// (N, L): 1 where a patch is visible.
  public let visiblePatches: ByteBuffer

  /// - Precondition: the configuration is valid, `capacity` positive.
  public init(configuration: ModelConfiguration, capacity: Int) {
    precondition(capacity > 0)
    self.configuration = configuration
    self.capacity = capacity
    pixels = FloatBuffer(count: capacity * configuration.valuesPerImage)
    validity = ByteBuffer(count: capacity * configuration.pixelsPerImage)
    visiblePatches = ByteBuffer(count: capacity * configuration.patchesPerImage)
    order.reserveCapacity(capacity * configuration.patchesPerImage)
    visibleCounts.reserveCapacity(capacity)
  }

  /// Patches of `patches` left visible; halves round to even.
  package static func visibleCount(maskRatio: Float, patches: Int) -> Int {
    let count = ((1 - maskRatio) * Float(patches)).rounded(.toNearestOrEven)
    return Int(min(max(count, 0), Float(patches)))
  }

  /// One of those that fit.
  package subscript(index: Int) -> MaskedImage {
    precondition(index >= 0 && index < capacity)
    let grid = configuration.patchGrid
    return MaskedImage(
      grid: grid, pixels: UnsafePointer(pixels.pointer + index * grid.valueCount),
      validity: UnsafePointer(validity.pointer + index * grid.pixelCount),
      visible: UnsafePointer(visiblePatches.pointer + index * grid.patchCount))
  }

  /// Until the next `mask`, no image is in use.
  package func clear() { count = 0 }

  /// The first image whose places in an order are not a permutation of its patches; nil when all
  /// are. No image is in use then.
  /// - Parameter order: (images, L)
  /// - Precondition: the images fit.
  package func firstWithoutPermutation(in order: [Int32]) -> Int? {
    let patches = configuration.patchesPerImage
    precondition(order.count <= visiblePatches.count && order.count % patches == 0)
    clear()
    for image in 0..<order.count / patches {
      let seen = visiblePatches[image * patches..<(image + 1) * patches]
      seen.update(repeating: 0)
      for patch in order[image * patches..<(image + 1) * patches] {
        guard patch >= 0, patch < patches, seen[Int(patch)] == 0 else { return image }
        seen[Int(patch)] = 1
      }
    }
    return nil
  }

  /// Takes the pixels as they now are for the first images, and hides patches of them. Pixels
  /// without data become 0, whatever they held.
  /// - Parameters:
  ///   - order: (images, L), a permutation of the patches of each.
  ///   - visibleCounts: (images), how many of each image's first places stay visible.
  /// - Precondition: the images fit; every count is in 0...L.
  package func mask(order: [Int32], visibleCounts: some Sequence<Int>) {
    self.order.removeAll(keepingCapacity: true)
    self.order += order
    self.visibleCounts.removeAll(keepingCapacity: true)
    self.visibleCounts += visibleCounts
    count = self.visibleCounts.count
    precondition(count <= capacity && order.count == count * configuration.patchesPerImage)
    markVisiblePatches()
    clearPixelsWithoutData()
  }

  private func markVisiblePatches() {
    let patches = configuration.patchesPerImage
    for image in 0..<count {
      let flags = visiblePatches[image * patches..<(image + 1) * patches]
      flags.update(repeating: 0)
      for place in 0..<visibleCounts[image] { flags[Int(order[image * patches + place])] = 1 }
    }
  }

  /// Whoever filled them: what an objective multiplies by a weight of 0 must be a number.
  private func clearPixelsWithoutData() {
    let area = configuration.pixelsPerImage
    for image in 0..<count {
      let flags = validity[image * area..<(image + 1) * area]
      if flags.allSatisfy({ $0 != 0 }) { continue }
      let values = pixels.pointer + image * configuration.valuesPerImage
      for pixel in 0..<area where flags[pixel] == 0 {
        for channel in 0..<configuration.channels { values[channel * area + pixel] = 0 }
      }
    }
  }
}

extension ModelConfiguration {
  /// The largest number of patches that bounds can leave visible in an image.
  package func mostVisiblePatches(bounds: MaskRatioBounds) -> Int {
    MaskedImages.visibleCount(
      maskRatio: min(bounds.minimum, bounds.maximum), patches: patchesPerImage)
  }
}
