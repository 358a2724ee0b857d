// The loss of one image, pixel by pixel: the error of a prediction, the error of copying the
// neighbour, and the weights that follow from both. The second half of `pair_forward` of the
// oracle, for images with nodata as well: a pixel that was not measured has weight 0, is not
// counted as hidden, takes no part in the smoothing, and shows its neighbour nothing.
// Single-threaded: a thread takes an image.

import Basics
import MaskedAutoencoding
import Tensors
import VisionTransformer

/// The objective and its scratch memory, for one thread at a time.
///
/// `@unchecked Sendable`: each slot of a pool has its own.
final class PixelObjective: @unchecked Sendable {
  private let grid: PatchGrid
  private let lossWeights: LossWeights
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

  init(_ configuration: ModelConfiguration, _ lossWeights: LossWeights) {
    grid = configuration.patchGrid
    self.lossWeights = lossWeights
    error = FloatBuffer(count: grid.pixelCount)
    copyError = FloatBuffer(count: grid.pixelCount)
    shown = FloatBuffer(count: grid.imageSide)
    blended = FloatBuffer(count: grid.imageSide + 2)
    smoothing = MeanSmoothing(side: grid.imageSide)
    centres = PixelSampling.pixelCentres(side: grid.imageSide)
    columns = Array(repeating: AxisSample(), count: grid.imageSide)
    rows = columns
  }

  /// Fills `seen` with 1 where the neighbour's visible patches show the pixel's place, and
  /// `copyError` there.
  /// - Parameter targets: of the image.
  func projectNeighbour(
    _ image: ImageInPair, _ targets: PatchTargets, seen: UnsafeMutablePointer<UInt8>
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
        showRow(row, of: image.other.pixels + channel * area)
        addCopyErrors(row, channel: channel, targets)
      }
    }
  }

  private func markSeen(_ image: ImageInPair, _ seen: UnsafeMutablePointer<UInt8>) {
    let side = grid.imageSide
    seen.update(repeating: 0, count: grid.pixelCount)
    for row in 0..<side {
      let otherRow = Int(rows[row].nearest)
      if otherRow < 0 { continue }
      let visible = image.other.visible + grid.firstPatch(ofPixelRow: otherRow)
      let validity = image.other.validity + otherRow * side
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

  private func addCopyErrors(_ row: Int, channel: Int, _ targets: PatchTargets) {
    let side = grid.imageSide
    let pixels = targets.image.pixels + channel * grid.pixelCount
    let firstPatch = grid.firstPatch(ofPixelRow: row)
    let share = 1 / Float(grid.channels)
    for patchColumn in 0..<grid.side {
      let (_, toTarget) = targets.space(of: firstPatch + patchColumn)
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
  /// As defined, a pixel weighs min(1, copyError / error) where seen, elsewhere 1; the weights are
  /// then smoothed by a 9 × 9 mean, and zero where visible or not measured.
  func weigh(
    _ image: MaskedImage, seen: UnsafePointer<UInt8>, weights: UnsafeMutablePointer<Float>
  ) -> HiddenSums {
    switch lossWeights {
    case .defined:
      for pixel in 0..<grid.pixelCount {
        let ratio = copyError.pointer[pixel] / max(error.pointer[pixel], 1e-12)
        weights[pixel] = seen[pixel] != 0 ? min(max(ratio, 0), 1) : 1
      }
      smoothing.apply(weights, validity: image.validity)
    case .shown:
      for pixel in 0..<grid.pixelCount { weights[pixel] = seen[pixel] != 0 ? 1 : 0 }
    case .one:
      weights.update(repeating: 1, count: grid.pixelCount)
    }
    var sums = HiddenSums()
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
}
