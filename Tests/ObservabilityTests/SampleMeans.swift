// Means as an objective could have them, for records.

import Basics

/// A loss beside the one that is minimised, and two numbers of the pairs.
func stepMeans(plain: Double, overlap: Double, maskRatio: Double) -> [MeasuredMean] {
  [
    MeasuredMean(Measure("plainLoss", per: .hidden, caption: "loss"), plain),
    MeasuredMean(Measure("meanIoU", per: .pairs, caption: "IoU", places: 2), overlap),
    MeasuredMean(Measure("meanMaskRatio", per: .pairs, caption: "mask", places: 3), maskRatio),
  ]
}

/// The unweighted loss, then both losses of two baselines.
func evaluationMeans(plain: Double, patchMean: [Double], copy: [Double]) -> [MeasuredMean] {
  let names = ["plainLoss", "patchMeanWeighted", "patchMeanPlain", "copyWeighted", "copyPlain"]
  return zip(names, [plain] + patchMean + copy).map {
    MeasuredMean(Measure($0, per: .hidden), $1)
  }
}
