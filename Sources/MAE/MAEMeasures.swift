// What MAE measures beside its loss.

import Basics
import MaskedAutoencoding

extension ObjectiveMeasures {
  /// Training: how much is hidden. Evaluation: the loss of predicting the mean of each hidden
  /// patch.
  package static let mae = ObjectiveMeasures(
    training: [Measure("meanMaskRatio", per: .pairs, caption: "mask", places: 3)],
    evaluation: [.patchMean("patchMean")])
}

extension LossSums {
  /// The sums of a batch of images; each counts as a pair of its own.
  package init(_ sums: HiddenSums, of batch: ImageBatch, measures: [Double]) {
    self.init(
      weighted: sums.weighted, hidden: sums.hidden, pairs: batch.count, measures: measures)
  }
}
