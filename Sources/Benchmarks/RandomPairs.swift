// Pairs to measure a step on: pixels, footprints and masks drawn as the PyTorch peer draws them
// (scripts/torch-peer), so that both do the same work. Not imagery.

import Basics
import MAE
import MaskedAutoencoding
import NeighborMAE
import SatMAEpp

package enum RandomPairs {
  /// A batch of standard normal pixels without gaps, with random footprints that mostly overlap,
  /// and random masks.
  ///
  /// Footprints: left and top uniform over 40, extents uniform in 24…60.
  package static func batch(
    _ configuration: ModelConfiguration, pairs: Int, seed: UInt64
  ) throws -> PairBatch {
    let batch = PairBatch(configuration: configuration, capacity: pairs)
    batch.validity.pointer.update(repeating: 1, count: batch.validity.count)
    var random = CounterRandom(seed: seed, purpose: .benchmark, 0)
    for i in batch.pixels.values.indices { batch.pixels.pointer[i] = Float(random.normal()) }
    try prepare(batch, pairs: pairs, seed: seed)
    return batch
  }

  /// Single images of such pixels, with random masks of the paper's lower ratio.
  package static func singleImages(
    _ configuration: ModelConfiguration, count: Int, seed: UInt64
  ) throws -> ImageBatch {
    let batch = ImageBatch(configuration: configuration, capacity: count)
    let images = batch.images
    images.validity.pointer.update(repeating: 1, count: images.validity.count)
    var pixels = CounterRandom(seed: seed, purpose: .benchmark, 0)
    for i in images.pixels.values.indices { images.pixels.pointer[i] = Float(pixels.normal()) }
    var masks = CounterRandom(seed: seed, purpose: .benchmark, 1)
    let order = (0..<count).flatMap { _ in masks.permutation(of: configuration.patchesPerImage) }
    try batch.prepare(count: count, order: order, maskRatio: MaskRatioBounds.paper.minimum)
    return batch
  }

  /// The same at the scales of SatMAE++.
  package static func scaledImages(
    _ configuration: ModelConfiguration, count: Int, seed: UInt64
  ) throws -> MultiScaleBatch {
    let batch = MultiScaleBatch(configuration: configuration, capacity: count)
    let grid = batch.largestGrid
    var pixels = CounterRandom(seed: seed, purpose: .benchmark, 0)
    for image in 0..<count {
      batch.largestValidity(image: image).update(repeating: 1, count: grid.pixelCount)
      let values = batch.largestPixels(image: image)
      for place in 0..<grid.valueCount { values[place] = Float(pixels.normal()) }
    }
    var masks = CounterRandom(seed: seed, purpose: .benchmark, 1)
    let order = (0..<count).flatMap { _ in masks.permutation(of: configuration.patchesPerImage) }
    try batch.prepare(count: count, order: order, maskRatio: MaskRatioBounds.paper.minimum)
    return batch
  }

  /// What a step does with footprints and masks before it computes.
  static func prepare(_ batch: PairBatch, pairs: Int, seed: UInt64) throws {
    var random = CounterRandom(seed: seed, purpose: .benchmark, 1)
    func footprint() -> Footprint {
      let left = random.uniform() * 40
      let top = 100 - random.uniform() * 40
      return Footprint(
        left: left, top: top, right: left + 60 * (0.4 + 0.6 * random.uniform()),
        bottom: top - 60 * (0.4 + 0.6 * random.uniform()))
    }
    let footprints = (0..<pairs).map { _ in (first: footprint(), second: footprint()) }
    let patches = batch.configuration.patchesPerImage
    let images = pairs * ModelConfiguration.imagesPerPair
    let order = (0..<images).flatMap { _ in random.permutation(of: patches) }
    try batch.prepare(footprints: footprints, order: order, bounds: .paper)
  }
}
