// What a step computes on: pairs of crops as numbers, and what follows from their footprints. Not
// here: where crops come from, and who draws the permutations.

import Basics
import MaskedAutoencoding
import Tensors
import VisionTransformer

/// Why a batch cannot be used.
public enum PairBatchError: Error, Equatable, CustomStringConvertible {
  case tooManyPairs(count: Int, capacity: Int)
  case wrongCount(of: String, expected: Int, found: Int)
  case improperFootprint(pair: Int, image: Int, Footprint)
  case vanishingBox(pair: Int, image: Int)
  case noPermutation(pair: Int, image: Int, patches: Int)
  case improperBounds(MaskRatioBounds)

  /// What is wrong, with what was found and what is needed.
  public var description: String {
    switch self {
    case .tooManyPairs(let count, let capacity):
      "\(count) pairs do not fit a batch made for \(capacity)"
    case .wrongCount(let what, let expected, let found):
      "a batch needs \(expected) \(what), but got \(found)"
    case .improperFootprint(let pair, let image, let footprint):
      "image \(image) of pair \(pair) has no proper footprint: \(footprint)"
    case .vanishingBox(let pair, let image):
      "image \(image) of pair \(pair) is too small beside the distance to its neighbour"
    case .noPermutation(let pair, let image, let patches):
      "the order of image \(image) of pair \(pair) is not a permutation of 0..<\(patches)"
    case .improperBounds(let bounds):
      "mask ratios \(bounds.minimum) and \(bounds.maximum) must lie in [0, 1)"
    }
  }
}

/// The pairs of one microbatch. Allocated once for a number of pairs, then filled and prepared over
/// and over: write `pixels` and `validity`, then call `prepare`.
///
/// `@unchecked Sendable`: a batch has one owner at a time; threads that fill it write different
/// pairs.
public final class PairBatch: @unchecked Sendable {
  /// (capacity, 2): the images of the pairs, one after the other.
  package let images: MaskedImages
  /// Of the model that the batch is for.
  public var configuration: ModelConfiguration { images.configuration }
  /// Pairs that fit.
  public let capacity: Int
  /// B: pairs in use, the first ones.
  public private(set) var count = 0
  /// (capacity, 2, C, H, W), normalised by band.
  public var pixels: FloatBuffer { images.pixels }
  /// (capacity, 2, H, W): 1 where a pixel was measured, 0 for nodata.
  public var validity: ByteBuffer { images.validity }

  /// (B): where the images of each pair lie on the map.
  public private(set) var footprints: [(first: Footprint, second: Footprint)] = []
  /// (B, 2): the images' boxes in the shared frame of their pair.
  package private(set) var boxes: [FrameBox] = []
  /// (B): how much the images of a pair overlap.
  public private(set) var intersectionsOverUnion: [Float] = []
  /// (B): share of patches hidden, before rounding to whole patches.
  public private(set) var maskRatios: [Float] = []
  /// (B): patches left visible in each image of a pair.
  public private(set) var visibleCounts: [Int] = []
  /// (B, 2, L): a permutation of the patches of each image; the first ones stay visible.
  public var order: [Int32] { images.order }
  /// (B, 2, L): 1 where a patch is visible.
  public var visiblePatches: ByteBuffer { images.visiblePatches }
  private(set) var bounds = MaskRatioBounds.paper

  /// - Precondition: the configuration is valid, `capacity` positive.
  public init(configuration: ModelConfiguration, capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
    images = MaskedImages(
      configuration: configuration, capacity: capacity * ModelConfiguration.imagesPerPair)
    boxes.reserveCapacity(images.capacity)
    intersectionsOverUnion.reserveCapacity(capacity)
    maskRatios.reserveCapacity(capacity)
    visibleCounts.reserveCapacity(capacity)
  }

  /// The place of one image's pixels, (C, H, W), in `pixels`.
  public func pixelRange(pair: Int, image: Int) -> Range<Int> {
    range(pair, image, configuration.valuesPerImage)
  }

  /// The place of one image's flags, (H, W), in `validity`.
  public func validityRange(pair: Int, image: Int) -> Range<Int> {
    range(pair, image, configuration.pixelsPerImage)
  }

  private func range(_ pair: Int, _ image: Int, _ extent: Int) -> Range<Int> {
    precondition(pair >= 0 && pair < capacity && (image == 0 || image == 1))
    let start = (pair * ModelConfiguration.imagesPerPair + image) * extent
    return start..<start + extent
  }

  /// Takes the pixels as they now are for the first `footprints.count` pairs, and works out what
  /// follows from footprints, order and bounds. Pixels without data become 0, whatever they held.
  ///
  /// - Parameters:
  ///   - footprints: (B), of the first and of the second image.
  ///   - order: (B, 2, L), a permutation of the patches of each image; the first ones stay visible.
  ///   - bounds: mask ratios without and with full overlap.
  /// - Throws: `PairBatchError`; the batch is then not prepared.
  public func prepare(
    footprints: [(first: Footprint, second: Footprint)], order: [Int32], bounds: MaskRatioBounds
  ) throws(PairBatchError) {
    count = 0
    images.clear()
    try check(footprints: footprints, order: order, bounds: bounds)
    boxes.removeAll(keepingCapacity: true)
    intersectionsOverUnion.removeAll(keepingCapacity: true)
    maskRatios.removeAll(keepingCapacity: true)
    visibleCounts.removeAll(keepingCapacity: true)
    for (pair, footprints) in footprints.enumerated() {
      let boxes = SharedFrame.boxes(footprints.first, footprints.second)
      for image in 0..<2 where !boxes[image].isProper {
        throw .vanishingBox(pair: pair, image: image)
      }
      let iou = SharedFrame.intersectionOverUnion(boxes[0], boxes[1])
      let ratio = SharedFrame.maskRatio(intersectionOverUnion: iou, bounds: bounds)
      self.boxes += boxes
      intersectionsOverUnion.append(iou)
      maskRatios.append(ratio)
      visibleCounts.append(
        MaskedImages.visibleCount(maskRatio: ratio, patches: configuration.patchesPerImage))
    }
    self.bounds = bounds
    self.footprints = footprints
    images.mask(order: order, visibleCounts: visibleCounts.lazy.flatMap { [$0, $0] })
    count = footprints.count
  }

  private func check(
    footprints: [(first: Footprint, second: Footprint)], order: [Int32], bounds: MaskRatioBounds
  ) throws(PairBatchError) {
    guard footprints.count <= capacity else {
      throw .tooManyPairs(count: footprints.count, capacity: capacity)
    }
    let ratios: Range<Float> = 0..<1
    guard ratios.contains(bounds.minimum), ratios.contains(bounds.maximum) else {
      throw .improperBounds(bounds)
    }
    for (pair, pairFootprints) in footprints.enumerated() {
      for (image, footprint) in [pairFootprints.first, pairFootprints.second].enumerated()
      where !footprint.isProper {
        throw .improperFootprint(pair: pair, image: image, footprint)
      }
    }
    let patches = configuration.patchesPerImage
    let expected = footprints.count * ModelConfiguration.imagesPerPair * patches
    guard order.count == expected else {
      throw .wrongCount(of: "places in its order", expected: expected, found: order.count)
    }
    if let image = images.firstWithoutPermutation(in: order) {
      throw .noPermutation(pair: image / 2, image: image % 2, patches: patches)
    }
  }
}
