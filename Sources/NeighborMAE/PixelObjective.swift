// The loss of one image, pixel by pixel: the error of a prediction, the error of copying the
// neighbour, and the weights that follow from both. The second half of `pair_forward` of the
// oracle, for images with nodata as well: a pixel that was not measured has weight 0, is not
// counted as hidden, takes no part in the smoothing, and shows its neighbour nothing.
// Single-threaded: a thread takes an image.

import Basics
import Tensors
import VisionTransformer

/// Sums over the pixels of one image that are hidden and measured.
struct PixelSums: Sendable {
  /// Σ weight · error.
  var weighted = 0.0
  /// Σ error.
  var plain = 0.0
  var hidden = 0
}

/// The objective and its scratch memory, for one thread at a time.
///
/// `@unchecked Sendable`: each slot of a pool has its own.
final class PixelObjective: @unchecked Sendable {
  private let configuration: ModelConfiguration
  private let grid: PatchGrid
  /// (H, W): mean over channels of the squared error in target space; input of `weigh`.
  let error: FloatBuffer
  /// (H, W): the same error of copying the neighbour; meaningful where it is seen.
  let copyError: FloatBuffer
  private let shown: FloatBuffer  // (W): one channel of one row of the neighbour, projected
  private let blended: FloatBuffer  // (W + 2): two rows of the neighbour blended, zero at both ends
  private let smoothing: MeanSmoothing
  private let centres: [Float]
  private var columns: [AxisSample]
  private var rows: [AxisSample]

  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    grid = configuration.patchGrid
    error = FloatBuffer(count: grid.pixelCount)
    copyError = FloatBuffer(count: grid.pixelCount)
    shown = FloatBuffer(count: grid.imageSide)
    blended = FloatBuffer(count: grid.imageSide + 2)
    smoothing = MeanSmoothing(side: grid.imageSide)
    centres = PixelSampling.pixelCentres(side: grid.imageSide)
    columns = Array(repeating: AxisSample(), count: grid.imageSide)
    rows = columns
  }

  /// Target space is (pixel − shift) · factor.
  @inline(__always)
  private func targetSpace(_ patch: Int, _ statistics: PatchStatistics) -> (
    shift: Float, factor: Float
  ) {
    configuration.normalizesPatches
      ? (statistics.mean[patch], 1 / statistics.deviation[patch]) : (0, 1)
  }

  /// Fills `error` for a prediction in target space, (L, P).
  func measureError(
    of prediction: UnsafePointer<Float>, _ image: ImageInPair, _ statistics: PatchStatistics
  ) {
    let (side, channels) = (grid.patchSide, grid.channels)
    let area = grid.pixelCount
    let out = error.pointer
    let share = 1 / Float(channels)
    grid.forEachPatchRow { patch, row, pixel in
      let (shift, toTarget) = targetSpace(patch, statistics)
      let predicted = prediction + patch * grid.patchValues + row * side * channels
      for column in 0..<side {
        var sum: Float = 0
        for channel in 0..<channels {
          let target = (image.pixels[channel &* area &+ pixel &+ column] - shift) * toTarget
          let difference = predicted[column &* channels &+ channel] - target
          sum += difference * difference
        }
        out[pixel + column] = sum * share
      }
    }
  }

  /// Fills `error` for predicting each patch's mean.
  func measureErrorOfPatchMean(_ image: ImageInPair, _ statistics: PatchStatistics) {
    let area = grid.pixelCount
    let share = 1 / Float(grid.channels)
    grid.forEachPatchRow { patch, _, pixel in
      let mean = statistics.mean[patch]
      let (_, toTarget) = targetSpace(patch, statistics)
      for column in 0..<grid.patchSide {
        var sum: Float = 0
        for channel in 0..<grid.channels {
          let difference = (image.pixels[channel * area + pixel + column] - mean) * toTarget
          sum += difference * difference
        }
        error.pointer[pixel + column] = sum * share
      }
    }
  }

  /// Fills `seen` with 1 where the neighbour's visible patches show the pixel's place, and
  /// `copyError` there.
  func projectNeighbour(
    _ image: ImageInPair, _ statistics: PatchStatistics, seen: UnsafeMutablePointer<UInt8>
  ) {
    PixelSampling.fill(columns: &columns, rows: &rows, centres: centres, of: image)
    markSeen(image, seen)
    let side = grid.imageSide
    let area = grid.pixelCount
    copyError.fill(0)
    for row in 0..<side {
      let seenRow = seen + row * side
      guard (0..<side).contains(where: { seenRow[$0] != 0 }) else { continue }
      for channel in 0..<grid.channels {
        showRow(row, of: image.otherPixels + channel * area)
        addCopyErrors(row, pixels: image.pixels + channel * area, statistics)
      }
    }
  }

  private func markSeen(_ image: ImageInPair, _ seen: UnsafeMutablePointer<UInt8>) {
    let side = grid.imageSide
    seen.update(repeating: 0, count: grid.pixelCount)
    for row in 0..<side {
      let otherRow = Int(rows[row].nearest)
      if otherRow < 0 { continue }
      let visible = image.otherVisible + grid.firstPatch(ofPixelRow: otherRow)
      let validity = image.otherValidity + otherRow * side
      for column in 0..<side {
        let otherColumn = Int(columns[column].nearest)
        if otherColumn < 0 { continue }
        seen[row * side + column] =
          visible[grid.patchColumn(ofPixelColumn: otherColumn)] != 0 && validity[otherColumn] != 0
          ? 1 : 0
      }
    }
  }

  /// Fills `shown` with one channel of what the neighbour has along one row of this image.
  private func showRow(_ row: Int, of channel: UnsafePointer<Float>) {
    let side = grid.imageSide
    let sample = rows[row]
    let lower = Int(sample.lower)
    let lowerShare = lower >= 0 ? 1 - sample.upperShare : 0
    let upperShare = lower + 1 < side ? sample.upperShare : 0
    let lowerRow = channel + max(lower, 0) * side
    let upperRow = channel + min(lower + 1, side - 1) * side
    let middle = blended.pointer + 1
    for column in 0..<side {
      middle[column] = lowerRow[column] * lowerShare + upperRow[column] * upperShare
    }
    let out = shown.pointer
    columns.withUnsafeBufferPointer { columns in
      for column in 0..<side {
        let sample = columns[column]
        let place = Int(sample.lower)
        out[column] =
          middle[place] * (1 - sample.upperShare) + middle[place + 1] * sample.upperShare
      }
    }
  }

  private func addCopyErrors(
    _ row: Int, pixels: UnsafePointer<Float>, _ statistics: PatchStatistics
  ) {
    let side = grid.imageSide
    let firstPatch = grid.firstPatch(ofPixelRow: row)
    let share = 1 / Float(grid.channels)
    for patchColumn in 0..<grid.side {
      let (_, toTarget) = targetSpace(firstPatch + patchColumn, statistics)
      for column in grid.pixelColumns(ofPatchColumn: patchColumn) {
        let pixel = row * side + column
        let difference = (shown.pointer[column] - pixels[pixel]) * toTarget
        copyError.pointer[pixel] += difference * difference * share
      }
    }
  }

  /// Replaces `error` by `copyError` where the neighbour is seen.
  func copyWhereSeen(_ seen: UnsafePointer<UInt8>) {
    for pixel in 0..<grid.pixelCount where seen[pixel] != 0 {
      error.pointer[pixel] = copyError.pointer[pixel]
    }
  }

  /// Fills `weights` (H, W) from `error`, `copyError` and `seen`, and sums over the hidden pixels.
  ///
  /// Where seen, a pixel weighs min(1, copyError / error), elsewhere 1; the weights are then
  /// smoothed by a 9 × 9 mean, and zero where visible or not measured.
  func weigh(
    _ image: ImageInPair, seen: UnsafePointer<UInt8>, weights: UnsafeMutablePointer<Float>
  ) -> PixelSums {
    for pixel in 0..<grid.pixelCount {
      let ratio = copyError.pointer[pixel] / max(error.pointer[pixel], 1e-12)
      weights[pixel] = seen[pixel] != 0 ? min(max(ratio, 0), 1) : 1
    }
    smoothing.apply(weights, validity: image.validity)
    var sums = PixelSums()
    grid.forEachPatchRow { patch, _, pixel in
      let isVisible = image.visible[patch] != 0
      for pixel in pixel..<pixel + grid.patchSide {
        if isVisible || image.validity[pixel] == 0 {
          weights[pixel] = 0
        } else {
          let error = Double(error.pointer[pixel])
          sums.weighted += error * Double(weights[pixel])
          sums.plain += error
          sums.hidden += 1
        }
      }
    }
    return sums
  }

  /// gradient (L, P) = scale · d Σ weight·error / d prediction; no gradient flows through the
  /// weights.
  func predictionGradient(
    _ image: ImageInPair, _ statistics: PatchStatistics, prediction: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, scale: Float, into gradient: UnsafeMutablePointer<Float>
  ) {
    let (side, channels) = (grid.patchSide, grid.channels)
    let area = grid.pixelCount
    let factor = 2 * scale / Float(channels)
    grid.forEachPatchRow { patch, row, pixel in
      let place = patch * grid.patchValues + row * side * channels
      if image.visible[patch] != 0 {
        (gradient + place).update(repeating: 0, count: side * channels)
        return
      }
      let (shift, toTarget) = targetSpace(patch, statistics)
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
