// What SatMAE++ measures beside its loss.

import Basics
import MaskedAutoencoding

extension ObjectiveMeasures {
  /// Training: MAE's loss at the base scale, the mean absolute error of the larger ones, and how
  /// much is hidden. Evaluation: both, and the whole loss and MAE's of predicting the mean of each
  /// patch.
  package static let satMAEpp = ObjectiveMeasures(
    training: [
      Measure("plainLoss", per: .hidden, caption: "loss"),
      Measure("largerError", per: .hidden, caption: "larger"),
      Measure("meanMaskRatio", per: .pairs, caption: "mask", places: 3),
    ],
    evaluation: [
      Measure("plainLoss", per: .hidden), Measure("largerError", per: .hidden),
      .patchMean("patchMeanWeighted"), Measure("patchMeanPlain", per: .hidden),
    ])
}
