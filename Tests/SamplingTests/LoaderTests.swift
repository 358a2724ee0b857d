// What loaders make of the same draws.

import Basics
import Imagery
import MaskedAutoencoding
import Sampling
import TestSupport
import Testing

@Suite("Loaders of microbatches") struct LoaderTests {
  private static let model = ModelConfiguration(
    imageSide: 32, patchSide: 8, channels: 3, width: 32, depth: 1, heads: 2, decoderWidth: 16,
    decoderDepth: 1, decoderHeads: 2)

  @Test("A single image is a pair's first image with its mask, at the lower mask ratio")
  func imagesAreAnchors() throws {
    let dataset = try Dataset(folder: try SampleDataset.folder())
    let source = ChipSource(
      layout: dataset.layout, normalization: Normalization(dataset.description.bands), seed: 7
    ) { try dataset.openShard($0) }
    let pairs = PairLoader(
      source, neighbourDraw: NeighbourDraw(.overlap), model: Self.model, capacity: 3)
    let images = ImageLoader(source, model: Self.model, capacity: 3)
    #expect(pairs.capacity == 3 && images.capacity == 3)
    let (values, patches) = (Self.model.valuesPerImage, Self.model.patchesPerImage)
    for step in [Step(0), Step(5)] {
      let draw = MicrobatchDraw(
        shard: ShardID(index: 0), anchors: [2, 0, 5], step: step, microbatch: 1,
        bounds: MaskRatioBounds(minimum: 0.5, maximum: 0.8))
      try pairs.load(draw)
      try images.load(draw)
      #expect(images.batch.count == 3 && images.batch.images.visibleCounts == [8, 8, 8])
      for sample in 0..<3 {
        let first = pairs.batch.pixelRange(pair: sample, image: 0)
        let own = sample * values..<(sample + 1) * values
        #expect(Array(images.batch.images.pixels[own]) == Array(pairs.batch.pixels[first]))
        let order = pairs.batch.order[2 * sample * patches..<(2 * sample + 1) * patches]
        let ownOrder = images.batch.images.order[sample * patches..<(sample + 1) * patches]
        #expect(Array(ownOrder) == Array(order))
      }
    }
  }
}
