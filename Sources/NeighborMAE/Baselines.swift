// What costs nothing to predict, as a yardstick for the network: measured on the same pixels, in
// the same space, with weights by the same formula.

import Basics
import Kernels
import MaskedAutoencoding
import Tensors

/// Two predictions without parameters.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
package final class Baselines: @unchecked Sendable {
  /// The losses of both, with the measures of training.
  package struct Sums: Hashable, Sendable {
    /// Predicting the mean of each hidden patch.
    package var patchMean: LossSums
    /// Copying the neighbour where its visible patches show the place, and the patch mean
    /// elsewhere.
    package var copiedNeighbour: LossSums
  }

  private let configuration: ModelConfiguration
  private let pool: ThreadPool
  private let objectives: [PixelObjective]  // one per slot
  private let seen: ByteBuffer  // (slots, H, W)
  private let weights: FloatBuffer  // (slots, H, W)
  private let statistics: FloatBuffer  // (slots, 2, L)

  /// - Precondition: the configuration is valid.
  package init(
    configuration: ModelConfiguration, lossWeights: LossWeights = .defined, pool: ThreadPool
  ) {
    self.configuration = configuration
    self.pool = pool
    let slots = pool.threadCount
    objectives = (0..<slots).map { _ in PixelObjective(configuration, lossWeights) }
    seen = ByteBuffer(count: slots * configuration.pixelsPerImage)
    weights = FloatBuffer(count: slots * configuration.pixelsPerImage)
    statistics = FloatBuffer(count: slots * 2 * configuration.patchesPerImage)
  }

  /// The sums of both over a prepared batch.
  /// - Precondition: the batch has the configuration.
  package func measure(_ batch: PairBatch) -> Sums {
    precondition(batch.configuration == configuration)
    let images = batch.count * ModelConfiguration.imagesPerPair
    var perImage = Array(repeating: (mean: HiddenSums(), copied: HiddenSums()), count: images)
    perImage.withUnsafeMutableBufferPointer { perImage in
      // Each part writes the element of its own image.
      let results = perImage.baseAddress
      pool.forEach(
        images,
        withSlot: { index, slot in
          results?[index] = measure(ImageInPair(index, of: batch), slot: slot)
        })
    }
    return Sums(
      patchMean: LossSums(perImage.map(\.mean), of: batch),
      copiedNeighbour: LossSums(perImage.map(\.copied), of: batch))
  }

  private func measure(_ image: ImageInPair, slot: Int) -> (mean: HiddenSums, copied: HiddenSums) {
    let area = configuration.pixelsPerImage
    let patches = configuration.patchesPerImage
    let objective = objectives[slot]
    let seen = seen.pointer + slot * area
    let weights = weights.pointer + slot * area
    let start = statistics.pointer + slot * 2 * patches
    let statistics = PatchStatistics(mean: start, deviation: start + patches)
    statistics.measure(image.image)
    let targets = PatchTargets(
      of: image.image, statistics, normalizes: configuration.normalizesPatches)
    objective.projectNeighbour(image, targets, seen: seen)
    targets.measureErrorOfPatchMean(into: objective.error.pointer)
    let mean = objective.weigh(image.image, seen: seen, weights: weights)
    objective.copyWhereSeen(seen)
    let copied = objective.weigh(image.image, seen: seen, weights: weights)
    return (mean, copied)
  }
}
