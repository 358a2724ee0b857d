// What a prediction of patches is held against: the pixels, standardised patch by patch where the
// model's targets are, and how far a prediction is from them. Not here: how much each error weighs.

import VisionTransformer

/// The targets of one image: (pixel − shift) · factor. Errors are means over channels of squares.
package struct PatchTargets {
  /// The image with its patches.
  package let image: MaskedImage
  /// Means and deviations of its patches.
  package let statistics: PatchStatistics
  private let normalizes: Bool

  /// - Parameters:
  ///   - statistics: measured of this image.
  ///   - normalizes: whether targets are standardised patch by patch.
  package init(of image: MaskedImage, _ statistics: PatchStatistics, normalizes: Bool) {
    self.image = image
    self.statistics = statistics
    self.normalizes = normalizes
  }

  /// From a pixel of a patch to its target.
  @inline(__always)
  package func space(of patch: Int) -> (shift: Float, factor: Float) {
    normalizes ? (statistics.mean[patch], 1 / statistics.deviation[patch]) : (0, 1)
  }

  /// error (H, W): of a prediction in target space, (L, P).
  package func measureError(
    of prediction: UnsafePointer<Float>, into error: UnsafeMutablePointer<Float>
  ) {
    let grid = image.grid
    let (side, channels) = (grid.patchSide, grid.channels)
    let area = grid.pixelCount
    let share = 1 / Float(channels)
    grid.forEachPatchRow { patch, row, pixel in
      let (shift, toTarget) = space(of: patch)
      let predicted = prediction + patch * grid.patchValues + row * side * channels
      for column in 0..<side {
        var sum: Float = 0
        for channel in 0..<channels {
          let target = (image.pixels[channel &* area &+ pixel &+ column] - shift) * toTarget
          let difference = predicted[column &* channels &+ channel] - target
          sum += difference * difference
        }
        error[pixel + column] = sum * share
      }
    }
  }

  /// error (H, W): of predicting each patch's mean.
  package func measureErrorOfPatchMean(into error: UnsafeMutablePointer<Float>) {
    let grid = image.grid
    let area = grid.pixelCount
    let share = 1 / Float(grid.channels)
    grid.forEachPatchRow { patch, _, pixel in
      let mean = statistics.mean[patch]
      let (_, toTarget) = space(of: patch)
      for column in 0..<grid.patchSide {
        var sum: Float = 0
        for channel in 0..<grid.channels {
          let difference = (image.pixels[channel * area + pixel + column] - mean) * toTarget
          sum += difference * difference
        }
        error[pixel + column] = sum * share
      }
    }
  }

  /// gradient (L, P) = scale · d Σ weight·error / d prediction; no gradient flows through the
  /// weights. That of visible patches is 0.
  /// - Parameters:
  ///   - prediction: (L, P), in target space.
  ///   - weights: (H, W)
  package func predictionGradient(
    of prediction: UnsafePointer<Float>, weights: UnsafePointer<Float>, scale: Float,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    let grid = image.grid
    let (side, channels) = (grid.patchSide, grid.channels)
    let area = grid.pixelCount
    let factor = 2 * scale / Float(channels)
    grid.forEachPatchRow { patch, row, pixel in
      let place = patch * grid.patchValues + row * side * channels
      if image.visible[patch] != 0 {
        (gradient + place).update(repeating: 0, count: side * channels)
        return
      }
      let (shift, toTarget) = space(of: patch)
      for column in 0..<side {
        let weight = weights[pixel + column] * factor
        for channel in 0..<channels {
          let target = (image.pixels[channel &* area &+ pixel &+ column] - shift) * toTarget
          let index = place &+ column &* channels &+ channel
          gradient[index] = weight * (prediction[index] - target)
        }
      }
    }
  }
}
