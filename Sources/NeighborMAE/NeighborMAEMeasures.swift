// What NeighborMAE measures beside its weighted loss, and the sums of a batch from those of its
// images.

import Basics
import MaskedAutoencoding

extension ObjectiveMeasures {
  /// Training: the unweighted loss, how much pairs overlap and how much of them is hidden.
  /// Evaluation: the unweighted loss, and both losses of two predictions that learn nothing
  /// (`Baselines`).
  package static let neighborMAE = ObjectiveMeasures(
    training: [
      Measure("plainLoss", per: .hidden, caption: "loss"),
      Measure("meanIoU", per: .pairs, caption: "IoU", places: 2),
      Measure("meanMaskRatio", per: .pairs, caption: "mask", places: 3),
    ],
    evaluation: [
      Measure("plainLoss", per: .hidden),
      .patchMean("patchMeanWeighted"),
      Measure("patchMeanPlain", per: .hidden),
      Measure("copyWeighted", per: .hidden, caption: "of copying"),
      Measure("copyPlain", per: .hidden),
    ])
}

extension LossSums {
  /// The sums of a batch's images, in their order, and of its pairs, with the measures of training.
  init(_ images: some Collection<HiddenSums>, of batch: PairBatch) {
    self.init(pairs: batch.count)
    var plain = 0.0
    for image in images {
      weighted += image.weighted
      plain += image.plain
      hidden += image.hidden
    }
    var (overlap, maskRatio) = (0.0, 0.0)
    for pair in 0..<batch.count {
      overlap += Double(batch.intersectionsOverUnion[pair])
      maskRatio += Double(batch.maskRatios[pair])
    }
    measures = [plain, overlap, maskRatio]
  }

  /// With the measures of an evaluation.
  init(evaluationOf model: LossSums, beside baselines: Baselines.Sums) {
    self.init(
      weighted: model.weighted, hidden: model.hidden, pairs: model.pairs,
      measures: [
        model.plain, baselines.patchMean.weighted, baselines.patchMean.plain,
        baselines.copiedNeighbour.weighted, baselines.copiedNeighbour.plain,
      ])
  }

  /// Σ error over hidden pixels, all alike: the first measure of NeighborMAE.
  public var plain: Double { measures.first ?? 0 }
  /// The unweighted loss.
  public var plainLoss: Double { plain / Double(max(1, hidden)) }
}
