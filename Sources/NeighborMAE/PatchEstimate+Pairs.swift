// What can be known of the hidden patches of a pair: each image says something of the other. Not
// for a training step.

import Basics
import MaskedAutoencoding
import VisionTransformer

extension PatchEstimate {
  /// The estimates of one image of a prepared batch.
  public init(of batch: PairBatch, pair: Int, image: Int) {
    precondition(pair >= 0 && pair < batch.count && (image == 0 || image == 1))
    let image = ImageInPair(pair * ModelConfiguration.imagesPerPair + image, of: batch)
    self.init(of: image.image, shown: image.momentsShown)
  }
}

extension ImageInPair {
  /// What the other image's visible patches have where each patch lies, and which share of its
  /// pixels they show; nil where they show none. (L)
  fileprivate var momentsShown: [PatchEstimate.Shown?] {
    var sums = [(count: Int, sum: Double, squares: Double)](
      repeating: (0, 0, 0), count: grid.patchCount)
    forEachPixelShown { patch, place in
      for channel in 0..<grid.channels {
        let value = Double(other.pixels[channel * grid.pixelCount + place])
        sums[patch].sum += value
        sums[patch].squares += value * value
      }
      sums[patch].count += 1
    }
    return sums.map { sums in
      if sums.count == 0 { return nil }
      let values = Double(sums.count * grid.channels)
      let mean = sums.sum / values
      let spread = max(0, sums.squares - values * mean * mean)
      let variance = values > 1 ? spread / (values - 1) : 0
      return (
        PatchMoments(mean: mean, variance: variance + PatchStatistics.epsilon),
        Double(sums.count) / Double(grid.patchSide * grid.patchSide)
      )
    }
  }

  /// Calls `body(patch, place)` for each pixel whose place is shown by a visible patch of the other
  /// image, with the patch that the pixel lies in and the place of the nearest pixel of the other
  /// image in (H, W).
  private func forEachPixelShown(_ body: (_ patch: Int, _ place: Int) -> Void) {
    let side = grid.imageSide
    var columns = [AxisSample](repeating: AxisSample(), count: side)
    var rows = columns
    PixelSampling.fill(
      columns: &columns, rows: &rows, centres: PixelSampling.pixelCentres(side: side), of: self)
    for row in 0..<side where rows[row].nearest >= 0 {
      let otherRow = Int(rows[row].nearest)
      for column in 0..<side where columns[column].nearest >= 0 {
        let otherColumn = Int(columns[column].nearest)
        let place = otherRow * side + otherColumn
        guard other.visible[grid.patch(ofPixelRow: otherRow, column: otherColumn)] != 0,
          other.validity[place] != 0
        else { continue }
        body(grid.patch(ofPixelRow: row, column: column), place)
      }
    }
  }
}
