// How far the image made at a larger scale is from the one that is shown: absolute errors of all
// pixels that were measured, visible ones too.

import Basics
import Kernels
import MaskedAutoencoding
import Tensors
import VisionTransformer

/// Errors at one scale of up to a number of images, and their gradient. Targets are standardised by
/// the scale's own patches where the model's are.
///
/// `@unchecked Sendable`: one call at a time; the pool's threads write disjoint parts.
final class ScaleLoss: @unchecked Sendable {
  private let grid: PatchGrid
  private let normalizes: Bool
  private let pool: ThreadPool
  private let means: FloatBuffer  // (N, L)
  private let deviations: FloatBuffer  // (N, L)

  /// - Parameter grid: of the scale.
  init(_ grid: PatchGrid, normalizes: Bool, capacity: Int, pool: ThreadPool) {
    self.grid = grid
    self.normalizes = normalizes
    self.pool = pool
    means = FloatBuffer(count: capacity * grid.patchCount)
    deviations = FloatBuffer(count: capacity * grid.patchCount)
  }

  /// (count): Σ over pixels of the error's mean over channels.
  /// - Parameter made: (N, S, S, C), in target space.
  func measure(_ batch: MultiScaleBatch, scale: Int, made: FloatBuffer) -> [Double] {
    forEachImage(batch.count) { index in
      let targets = targets(batch, scale, index)
      targets.statistics.measure(targets.image)
      let made = made.pointer + index * grid.valueCount
      return sum(targets) { pixel, channel, target, _ in
        abs(made[pixel &* grid.channels &+ channel] - target)
      }
    }
  }

  /// The same of predicting the mean of each patch.
  /// - Precondition: these images were measured last.
  func measurePatchMeans(_ batch: MultiScaleBatch, scale: Int) -> [Double] {
    forEachImage(batch.count) { index in
      sum(targets(batch, scale, index)) { _, _, target, mean in abs(mean - target) }
    }
  }

  /// gradient (N, S, S, C) = `scale` · d (sum of an image) / d made; 0 where nothing was measured.
  /// - Precondition: these images were measured last.
  func differentiate(
    _ batch: MultiScaleBatch, scale: Int, made: FloatBuffer, factor: Float,
    into gradient: FloatBuffer
  ) {
    let step = factor / Float(grid.channels)
    pool.forEach(batch.count) { index in
      let targets = targets(batch, scale, index)
      let start = index * grid.valueCount
      let (made, gradient) = (made.pointer + start, gradient.pointer + start)
      forEachValue(targets) { pixel, channel, target, _ in
        let place = pixel &* grid.channels &+ channel
        let error = made[place] - target
        let isMeasured = targets.image.validity[pixel] != 0
        gradient[place] = !isMeasured || error == 0 ? 0 : error > 0 ? step : -step
      }
    }
  }

  private func forEachImage(_ count: Int, _ body: (Int) -> Double) -> [Double] {
    var sums = [Double](repeating: 0, count: count)
    sums.withUnsafeMutableBufferPointer { sums in
      // Each part writes the element of its own image.
      let results = sums.baseAddress
      pool.forEach(count) { index in results?[index] = body(index) }
    }
    return sums
  }

  private func targets(_ batch: MultiScaleBatch, _ scale: Int, _ index: Int) -> PatchTargets {
    let start = index * grid.patchCount
    return PatchTargets(
      of: batch.image(index, scale: scale),
      PatchStatistics(mean: means.pointer + start, deviation: deviations.pointer + start),
      normalizes: normalizes)
  }

  /// Σ error over measured pixels, means over channels.
  @inline(__always)
  private func sum(
    _ targets: PatchTargets,
    _ error: (_ pixel: Int, _ channel: Int, _ target: Float, _ mean: Float) -> Float
  ) -> Double {
    var total = 0.0
    forEachValue(targets) { pixel, channel, target, mean in
      if targets.image.validity[pixel] != 0 {
        total += Double(error(pixel, channel, target, mean))
      }
    }
    return total / Double(grid.channels)
  }

  /// Calls `body` for every value of an image with its target, and its patch's mean as a target.
  @inline(__always)
  private func forEachValue(
    _ targets: PatchTargets,
    _ body: (_ pixel: Int, _ channel: Int, _ target: Float, _ mean: Float) -> Void
  ) {
    let pixels = targets.image.pixels
    grid.forEachPatchRow { patch, _, start in
      let (shift, toTarget) = targets.space(of: patch)
      let mean = (targets.statistics.mean[patch] - shift) * toTarget
      for pixel in start..<start + grid.patchSide {
        for channel in 0..<grid.channels {
          let value = pixels[channel &* grid.pixelCount &+ pixel]
          body(pixel, channel, (value - shift) * toTarget, mean)
        }
      }
    }
  }
}
