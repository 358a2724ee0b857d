// The sums of a batch, from those of its images.

import Basics

extension LossSums {
  /// The sums of a batch's images, in their order, and of its pairs.
  init(_ images: some Collection<PixelSums>, of batch: PairBatch) {
    self.init(pairs: batch.count)
    for image in images {
      weighted += image.weighted
      plain += image.plain
      hidden += image.hidden
    }
    for pair in 0..<batch.count {
      intersectionOverUnion += Double(batch.intersectionsOverUnion[pair])
      maskRatio += Double(batch.maskRatios[pair])
    }
  }
}
