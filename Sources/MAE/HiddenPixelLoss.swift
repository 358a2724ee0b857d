// The error of single images' hidden pixels, all of one weight: what `mae_forward` of the oracle
// sums, for images with nodata as well: a pixel that was not measured has weight 0 and is not
// counted as hidden.

import Basics
import Kernels
import MaskedAutoencoding
import Tensors

/// Errors of the hidden pixels of up to a number of images, and their gradient.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
package final class HiddenPixelLoss: @unchecked Sendable {
  private let configuration: ModelConfiguration
  private let pool: ThreadPool
  private let means: FloatBuffer  // (N, L)
  private let deviations: FloatBuffer  // (N, L)
  private let weights: FloatBuffer  // (N, H, W): 1 where hidden and measured, else 0
  private let errors: FloatBuffer  // (slots, H, W)
  /// (N): of the predictions measured last.
  package private(set) var sums: [HiddenSums]
  private var patchMeanSums: [HiddenSums]  // (N)

  /// - Precondition: the configuration is valid, `capacity` positive.
  package init(configuration: ModelConfiguration, capacity: Int, pool: ThreadPool) {
    self.configuration = configuration
    self.pool = pool
    means = FloatBuffer(count: capacity * configuration.patchesPerImage)
    deviations = FloatBuffer(count: capacity * configuration.patchesPerImage)
    weights = FloatBuffer(count: capacity * configuration.pixelsPerImage)
    errors = FloatBuffer(count: pool.threadCount * configuration.pixelsPerImage)
    sums = Array(repeating: HiddenSums(), count: capacity)
    patchMeanSums = sums
  }

  /// The sums over all images, in their order.
  /// - Parameter predictions: (N, L, P), in target space.
  package func measure(_ images: MaskedImages, predictions: FloatBuffer) -> HiddenSums {
    measure(images, into: &sums) { targets, index, error in
      targets.statistics.measure(targets.image)
      targets.measureError(
        of: predictions.pointer + index * configuration.valuesPerImage, into: error)
    }
  }

  /// The same of predicting the mean of each patch.
  /// - Precondition: these images were measured last.
  package func measurePatchMeans(_ images: MaskedImages) -> HiddenSums {
    measure(images, into: &patchMeanSums) { targets, _, error in
      targets.measureErrorOfPatchMean(into: error)
    }
  }

  /// gradients (N, L, P) = `scale` · d (sum of all errors) / d prediction.
  /// - Precondition: these images were measured last.
  package func differentiate(
    _ images: MaskedImages, predictions: FloatBuffer, scale: Float, into gradients: FloatBuffer
  ) {
    let values = configuration.valuesPerImage
    pool.forEach(images.count) { index in
      targets(of: images[index], index).predictionGradient(
        of: predictions.pointer + index * values,
        weights: weights.pointer + index * configuration.pixelsPerImage, scale: scale,
        into: gradients.pointer + index * values)
    }
  }

  private func measure(
    _ images: MaskedImages, into sums: inout [HiddenSums],
    _ fillError: (PatchTargets, _ index: Int, UnsafeMutablePointer<Float>) -> Void
  ) -> HiddenSums {
    let area = configuration.pixelsPerImage
    sums.withUnsafeMutableBufferPointer { sums in
      // Each part writes the element of its own image.
      let results = sums.baseAddress
      pool.forEach(
        images.count,
        withSlot: { index, slot in
          let image = images[index]
          let error = errors.pointer + slot * area
          fillError(targets(of: image, index), index, error)
          results?[index] = image.sumHidden(error, weights: weights.pointer + index * area)
        })
    }
    return sums[0..<images.count].reduce(into: HiddenSums()) { total, image in
      total.weighted += image.weighted
      total.plain += image.plain
      total.hidden += image.hidden
    }
  }

  private func targets(of image: MaskedImage, _ index: Int) -> PatchTargets {
    let start = index * configuration.patchesPerImage
    return PatchTargets(
      of: image,
      PatchStatistics(mean: means.pointer + start, deviation: deviations.pointer + start),
      normalizes: configuration.normalizesPatches)
  }
}

extension MaskedImage {
  /// Sums over hidden pixels that were measured; `weights` (H, W) become 1 there and 0 elsewhere.
  fileprivate func sumHidden(
    _ error: UnsafePointer<Float>, weights: UnsafeMutablePointer<Float>
  ) -> HiddenSums {
    var sums = HiddenSums()
    grid.forEachPatchRow { patch, _, pixel in
      let isVisible = visible[patch] != 0
      for pixel in pixel..<pixel + grid.patchSide {
        if isVisible || validity[pixel] == 0 {
          weights[pixel] = 0
        } else {
          weights[pixel] = 1
          sums.plain += Double(error[pixel])
          sums.hidden += 1
        }
      }
    }
    sums.weighted = sums.plain
    return sums
  }
}
