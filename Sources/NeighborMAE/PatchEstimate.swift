// What the visible patches of a pair say of the mean and deviation of a hidden one. For pictures: a model whose
// targets are standardised predicts neither, and drawing a prediction needs both. Not for a training step.

import Basics
import Tensors

/// Mean and deviation of each patch of an image over all its channels, as who is given what the model is given
/// can know them. A visible patch has its own. For a hidden one, of whose pixels the share s is shown by
/// visible patches of the other image,
///
///     mean     = s · m + (1 − s) · Σ w(k) · mean(k)     / Σ w(k)
///     variance = s · v + (1 − s) · Σ w(k) · variance(k) / Σ w(k),   w(k) = 1 / d(k)⁴
///
/// m and v are mean and variance of what the other image has at those pixels, nearest neighbours taken; k runs over
/// the visible patches of the same image, at the distances d(k) from centre to centre (Shepard's interpolation).
/// Where one of the two has nothing measured the other counts alone; where both have nothing, mean and deviation are
/// those of all data, 0 and 1.
public struct PatchEstimate: Sendable {
  public let mean: [Float]  // (L)
  public let deviation: [Float]  // (L)

  /// The estimates of one image of a prepared batch.
  public init(of batch: PairBatch, pair: Int, image: Int) {
    precondition(pair >= 0 && pair < batch.count && (image == 0 || image == 1))
    self.init(ImageInPair(pair * ModelConfiguration.imagesPerPair + image, of: batch))
  }

  private init(_ image: ImageInPair) {
    let patches = image.configuration.patchesPerImage
    let own = Self.visibleMoments(of: image)
    let shown = Self.momentsShown(by: image)
    var means: [Float] = []
    var deviations: [Float] = []
    for patch in 0..<patches {
      let moments =
        own[patch]
        ?? Self.blended(
          shown[patch], Self.interpolated(own, at: patch, grid: image.configuration.grid))
      means.append(Float(moments?.mean ?? 0))
      deviations.append(Float((moments?.variance ?? 1).squareRoot()))
    }
    mean = means
    deviation = deviations
  }

  /// (C, H, W): what is left of a standardised prediction when the model's part is zero, as
  /// normalised pixels: each patch has its mean everywhere.
  public func flatPixels(of configuration: ModelConfiguration) -> [Float] {
    configuration.unpatchify { patch, _ in mean[patch] }
  }

  private struct Moments {
    var mean: Double
    var variance: Double

    func mixed(with other: Moments, _ share: Double) -> Moments {
      Moments(
        mean: mean * (1 - share) + other.mean * share,
        variance: variance * (1 - share) + other.variance * share)
    }
  }

  /// Of the visible patches in which something was measured; nil of the others. (L)
  private static func visibleMoments(of image: ImageInPair) -> [Moments?] {
    let patches = image.configuration.patchesPerImage
    let scratch = FloatBuffer(count: 2 * patches)
    return withExtendedLifetime(scratch) {
      let statistics = PatchStatistics(mean: scratch.pointer, deviation: scratch.pointer + patches)
      statistics.measure(image)
      var isMeasured = [Bool](repeating: false, count: patches)
      image.forEachPatchRow { patch, _, pixel in
        let run = UnsafeBufferPointer(
          start: image.validity + pixel, count: image.configuration.patchSide)
        if run.contains(where: { $0 != 0 }) { isMeasured[patch] = true }
      }
      return (0..<patches).map { patch in
        guard image.visible[patch] != 0, isMeasured[patch] else { return nil }
        let deviation = Double(statistics.deviation[patch])
        return Moments(mean: Double(statistics.mean[patch]), variance: deviation * deviation)
      }
    }
  }

  /// What the other image's visible patches have where each patch lies, and which share of its pixels they show; nil
  /// where they show none. (L)
  private static func momentsShown(by image: ImageInPair) -> [(moments: Moments, share: Double)?] {
    let configuration = image.configuration
    let area = configuration.pixelsPerImage
    var sums = [(count: Int, sum: Double, squares: Double)](
      repeating: (0, 0, 0), count: configuration.patchesPerImage)
    image.forEachPixelShown { patch, other in
      for channel in 0..<configuration.channels {
        let value = Double(image.otherPixels[channel * area + other])
        sums[patch].sum += value
        sums[patch].squares += value * value
      }
      sums[patch].count += 1
    }
    return sums.map { sums in
      if sums.count == 0 { return nil }
      let values = Double(sums.count * configuration.channels)
      let mean = sums.sum / values
      let spread = max(0, sums.squares - values * mean * mean)
      let variance = values > 1 ? spread / (values - 1) : 0
      return (
        Moments(mean: mean, variance: variance + PatchStatistics.epsilon),
        Double(sums.count) / Double(configuration.patchSide * configuration.patchSide)
      )
    }
  }

  /// From the visible patches around a hidden one; nil when there is none.
  private static func interpolated(_ visible: [Moments?], at patch: Int, grid: Int) -> Moments? {
    let (row, column) = patch.quotientAndRemainder(dividingBy: grid)
    var sum = Moments(mean: 0, variance: 0)
    var weights = 0.0
    for (other, moments) in visible.enumerated() {
      guard let moments else { continue }
      let (dy, dx) = (other / grid - row, other % grid - column)
      let squaredDistance = Double(dy * dy + dx * dx)
      let weight = 1 / (squaredDistance * squaredDistance)
      sum.mean += weight * moments.mean
      sum.variance += weight * moments.variance
      weights += weight
    }
    if weights == 0 { return nil }
    return Moments(mean: sum.mean / weights, variance: sum.variance / weights)
  }

  private static func blended(
    _ shown: (moments: Moments, share: Double)?, _ around: Moments?
  ) -> Moments? {
    guard let shown else { return around }
    return around?.mixed(with: shown.moments, shown.share) ?? shown.moments
  }
}

extension ImageInPair {
  /// Calls `body(patch, other)` for each pixel whose place is shown by a visible patch of the other image, with the
  /// patch that the pixel lies in and the place of the nearest pixel of the other image in (H, W).
  fileprivate func forEachPixelShown(_ body: (_ patch: Int, _ other: Int) -> Void) {
    let (side, patchSide, grid) = (
      configuration.imageSide, configuration.patchSide, configuration.grid
    )
    var columns = [AxisSample](repeating: AxisSample(), count: side)
    var rows = columns
    PixelSampling.fill(
      columns: &columns, rows: &rows, centres: PixelSampling.pixelCentres(side: side), of: self)
    for row in 0..<side where rows[row].nearest >= 0 {
      let otherRow = Int(rows[row].nearest)
      for column in 0..<side where columns[column].nearest >= 0 {
        let otherColumn = Int(columns[column].nearest)
        let other = otherRow * side + otherColumn
        guard otherVisible[otherRow / patchSide * grid + otherColumn / patchSide] != 0,
          otherValidity[other] != 0
        else { continue }
        body(row / patchSide * grid + column / patchSide, other)
      }
    }
  }
}

extension ModelConfiguration {
  /// (C, H, W) from a value for each patch and place in it, (row, column, channel).
  func unpatchify(_ value: (_ patch: Int, _ place: Int) -> Float) -> [Float] {
    var pixels = [Float](repeating: 0, count: valuesPerImage)
    for row in 0..<imageSide {
      for column in 0..<imageSide {
        let patch = row / patchSide * grid + column / patchSide
        let place = (row % patchSide * patchSide + column % patchSide) * channels
        for channel in 0..<channels {
          pixels[(channel * imageSide + row) * imageSide + column] = value(patch, place + channel)
        }
      }
    }
    return pixels
  }
}
