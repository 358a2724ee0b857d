// What the visible patches say of the mean and deviation of a hidden one. For pictures: a model
// whose targets are standardised predicts neither, and drawing a prediction needs both. Not for a
// training step.

import Basics
import Tensors
import VisionTransformer

/// Mean and variance of some values.
package struct PatchMoments: Hashable, Sendable {
  package var mean: Double
  package var variance: Double

  /// Nothing is checked.
  package init(mean: Double, variance: Double) {
    self.mean = mean
    self.variance = variance
  }

  fileprivate func mixed(with other: PatchMoments, _ share: Double) -> PatchMoments {
    PatchMoments(
      mean: mean * (1 - share) + other.mean * share,
      variance: variance * (1 - share) + other.variance * share)
  }
}

/// Mean and deviation of each patch of an image over all its channels, as who is given what the
/// model is given can know them. A visible patch has its own. For a hidden one, of whose pixels the
/// share s is shown by visible patches of another image (none for an image that is alone),
///
///     mean     = s · m + (1 − s) · Σ w(k) · mean(k)     / Σ w(k)
///     variance = s · v + (1 − s) · Σ w(k) · variance(k) / Σ w(k),   w(k) = 1 / d(k)⁴
///
/// m and v are mean and variance of what the other image has at those pixels, nearest neighbours
/// taken; k runs over the visible patches of the same image, at the distances d(k) from centre to
/// centre (Shepard's interpolation). Where one of the two has nothing measured the other counts
/// alone; where both have nothing, mean and deviation are those of all data, 0 and 1.
public struct PatchEstimate: Sendable {
  /// What another image shows of a patch, and the share of its pixels that it shows.
  package typealias Shown = (moments: PatchMoments, share: Double)

  /// Of each patch, over all its channels.
  public let mean: [Float]  // (L)
  /// Of each patch; its square is the variance above.
  public let deviation: [Float]  // (L)

  /// The estimates of an image.
  /// - Parameter shown: by the other image, of each patch (L); nil where it shows nothing of it,
  ///   and for an image that is alone.
  package init(of image: MaskedImage, shown: [Shown?]? = nil) {
    let own = Self.visibleMoments(of: image)
    var means: [Float] = []
    var deviations: [Float] = []
    for patch in 0..<image.grid.patchCount {
      let moments =
        own[patch]
        ?? Self.blended(
          shown?[patch], Self.interpolated(own, at: patch, grid: image.grid))
      means.append(Float(moments?.mean ?? 0))
      deviations.append(Float((moments?.variance ?? 1).squareRoot()))
    }
    mean = means
    deviation = deviations
  }

  /// (C, H, W): what is left of a standardised prediction when the model's part is zero, as
  /// normalised pixels: each patch has its mean everywhere.
  public func flatPixels(of configuration: ModelConfiguration) -> [Float] {
    configuration.patchGrid.unpatchify { patch, _ in mean[patch] }
  }

  /// (C, H, W): a prediction in target space as normalised pixels. Where targets are standardised,
  /// that is undone with the estimated mean and deviation of each patch, for a prediction says
  /// nothing about those.
  /// - Parameter prediction: (L, P)
  package func pixels(
    of prediction: [Float], _ configuration: ModelConfiguration
  ) -> [Float] {
    let values = configuration.patchValues
    guard configuration.normalizesPatches else {
      return configuration.patchGrid.unpatchify { patch, place in
        prediction[patch * values + place]
      }
    }
    return configuration.patchGrid.unpatchify { patch, place in
      prediction[patch * values + place] * deviation[patch] + mean[patch]
    }
  }

  /// (C, S, S): an image in target space as normalised pixels, at the scale that the estimate is
  /// of.
  /// - Parameters:
  ///   - made: (C, S, S)
  ///   - grid: of the scale.
  ///   - normalizes: whether targets are standardised patch by patch.
  package func pixels(ofMade made: [Float], _ grid: PatchGrid, normalizes: Bool) -> [Float] {
    if !normalizes { return made }
    return made.indices.map { place in
      let patch = grid.patch(ofPixel: place % grid.pixelCount)
      return made[place] * deviation[patch] + mean[patch]
    }
  }

  /// Of the visible patches in which something was measured; nil of the others. (L)
  private static func visibleMoments(of image: MaskedImage) -> [PatchMoments?] {
    let patches = image.grid.patchCount
    let scratch = FloatBuffer(count: 2 * patches)
    return withExtendedLifetime(scratch) {
      let statistics = PatchStatistics(mean: scratch.pointer, deviation: scratch.pointer + patches)
      statistics.measure(image)
      var isMeasured = [Bool](repeating: false, count: patches)
      image.grid.forEachPatchRow { patch, _, pixel in
        let run = UnsafeBufferPointer(
          start: image.validity + pixel, count: image.grid.patchSide)
        if run.contains(where: { $0 != 0 }) { isMeasured[patch] = true }
      }
      return (0..<patches).map { patch in
        guard image.visible[patch] != 0, isMeasured[patch] else { return nil }
        let deviation = Double(statistics.deviation[patch])
        return PatchMoments(mean: Double(statistics.mean[patch]), variance: deviation * deviation)
      }
    }
  }

  /// From the visible patches around a hidden one; nil when there is none.
  private static func interpolated(
    _ visible: [PatchMoments?], at patch: Int, grid: PatchGrid
  ) -> PatchMoments? {
    let (row, column) = grid.place(of: patch)
    var sum = PatchMoments(mean: 0, variance: 0)
    var weights = 0.0
    for (other, moments) in visible.enumerated() {
      guard let moments else { continue }
      let place = grid.place(of: other)
      let (dy, dx) = (place.row - row, place.column - column)
      let squaredDistance = Double(dy * dy + dx * dx)
      let weight = 1 / (squaredDistance * squaredDistance)
      sum.mean += weight * moments.mean
      sum.variance += weight * moments.variance
      weights += weight
    }
    if weights == 0 { return nil }
    return PatchMoments(mean: sum.mean / weights, variance: sum.variance / weights)
  }

  private static func blended(
    _ shown: Shown?, _ around: PatchMoments?
  ) -> PatchMoments? {
    guard let shown else { return around }
    return around?.mixed(with: shown.moments, shown.share) ?? shown.moments
  }
}
