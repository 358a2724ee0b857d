// What a step computes on: single images as numbers, with one share of patches hidden in all. Not
// here: where crops come from, and who draws the permutations.

import Basics
import MaskedAutoencoding
import Tensors

/// Why a batch of images cannot be used.
package enum ImageBatchError: Error, Equatable, CustomStringConvertible {
  case tooManyImages(count: Int, capacity: Int)
  case wrongCount(of: String, expected: Int, found: Int)
  case noPermutation(image: Int, patches: Int)
  case improperRatio(Float)

  /// What is wrong, with what was found and what is needed.
  package var description: String {
    switch self {
    case .tooManyImages(let count, let capacity):
      "\(count) images do not fit a batch made for \(capacity)"
    case .wrongCount(let what, let expected, let found):
      "a batch needs \(expected) \(what), but got \(found)"
    case .noPermutation(let image, let patches):
      "the order of image \(image) is not a permutation of 0..<\(patches)"
    case .improperRatio(let ratio): "the mask ratio \(ratio) must lie in [0, 1)"
    }
  }
}

/// The images of one microbatch, each of which is reconstructed alone. Allocated once for a number
/// of images, then filled and prepared over and over: write the pixels and validity of `images`,
/// then call `prepare`.
///
/// `@unchecked Sendable`: a batch has one owner at a time; threads that fill it write different
/// images.
package final class ImageBatch: @unchecked Sendable {
  /// (capacity): pixels, and which patches are hidden.
  package let images: MaskedImages
  /// The share of patches that is hidden, before rounding to whole patches.
  package private(set) var maskRatio: Float = 0

  /// - Precondition: the configuration is valid, `capacity` positive.
  package init(configuration: ModelConfiguration, capacity: Int) {
    images = MaskedImages(configuration: configuration, capacity: capacity)
  }

  /// Of the model that the batch is for.
  package var configuration: ModelConfiguration { images.configuration }
  /// Images in use, the first ones.
  package var count: Int { images.count }

  /// Takes the pixels as they now are for the first images, and hides patches of them. Pixels
  /// without data become 0, whatever they held.
  /// - Parameters:
  ///   - order: (count, L), a permutation of the patches of each image; the first ones stay
  ///     visible.
  ///   - maskRatio: the share that is hidden.
  /// - Throws: `ImageBatchError`; the batch is then not prepared.
  package func prepare(
    count: Int, order: [Int32], maskRatio: Float
  ) throws(ImageBatchError) {
    images.clear()
    guard count <= images.capacity else {
      throw .tooManyImages(count: count, capacity: images.capacity)
    }
    guard (0..<1).contains(maskRatio) else { throw .improperRatio(maskRatio) }
    let patches = configuration.patchesPerImage
    guard order.count == count * patches else {
      throw .wrongCount(
        of: "places in its order", expected: count * patches, found: order.count)
    }
    if let image = images.firstWithoutPermutation(in: order) {
      throw .noPermutation(image: image, patches: patches)
    }
    self.maskRatio = maskRatio
    let visible = MaskedImages.visibleCount(maskRatio: maskRatio, patches: patches)
    images.mask(order: order, visibleCounts: repeatElement(visible, count: count))
  }
}
