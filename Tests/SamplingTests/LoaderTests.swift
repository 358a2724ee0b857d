// What loaders make of the same draws.

import Basics
import Imagery
import MaskedAutoencoding
import Sampling
import SatMAEpp
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

  private static func loaders(
    _ flips: ImageFlips
  ) throws -> (PairLoader, ImageLoader, MultiScaleLoader) {
    let dataset = try Dataset(folder: try SampleDataset.folder())
    let source = ChipSource(
      layout: dataset.layout, normalization: Normalization(dataset.description.bands), seed: 7,
      flips: flips
    ) { try dataset.openShard($0) }
    var larger = model
    larger.upsamplings = 1
    let draw = NeighbourDraw(.overlap)
    return (
      PairLoader(source, neighbourDraw: draw, model: model, capacity: 20),
      ImageLoader(source, model: model, capacity: 20),
      MultiScaleLoader(source, model: larger, capacity: 20)
    )
  }

  @Test("About every second sample is mirrored, both images and both footprints of a pair alike")
  func flips() throws {
    let (plain, flipped) = (try Self.loaders(.none), try Self.loaders(.horizontal))
    func draw(_ step: Step) -> MicrobatchDraw {
      MicrobatchDraw(
        shard: ShardID(index: 0), anchors: Array(0..<20), step: step, microbatch: 1,
        bounds: MaskRatioBounds(minimum: 0.5, maximum: 0.8))
    }
    func load(_ draw: MicrobatchDraw) throws {
      for (pairs, images, scales) in [plain, flipped] {
        try pairs.load(draw)
        try images.load(draw)
        try scales.load(draw)
      }
    }
    try load(draw(Step(3)))
    var mirrored = 0
    for sample in 0..<20 {
      func seen(by loaders: (PairLoader, ImageLoader, MultiScaleLoader)) -> [[Float]] {
        let pairs = loaders.0.batch
        let ranges = [0, 1].map { pairs.pixelRange(pair: sample, image: $0) }
        let values = Self.model.valuesPerImage
        let own = sample * values..<(sample + 1) * values
        return ranges.map { Array(pairs.pixels[$0]) }
          + [loaders.1.batch.images, loaders.2.batch.base.images].map { Array($0.pixels[own]) }
      }
      let (before, after) = (plain.0.batch.footprints[sample], flipped.0.batch.footprints[sample])
      let isMirrored = after.first.left == -before.first.right
      mirrored += isMirrored ? 1 : 0
      for (first, second) in [(before.first, after.first), (before.second, after.second)] {
        let expected = isMirrored ? [-first.right, -first.left] : [first.left, first.right]
        #expect([second.left, second.right] == expected)
        #expect(second.top == first.top && second.bottom == first.bottom)
      }
      for (image, other) in zip(seen(by: plain), seen(by: flipped)) {
        let rows = stride(from: 0, to: image.count, by: 32).map { Array(image[$0..<$0 + 32]) }
        let expected = isMirrored ? rows.flatMap { $0.reversed() } : image
        #expect(zip(other, expected).allSatisfy { abs($0 - $1) < 1e-5 })
      }
      let ratios = [plain, flipped].map { $0.0.batch.maskRatios[sample] }
      #expect(abs(ratios[0] - ratios[1]) < 1e-6)
    }
    #expect(mirrored > 4 && mirrored < 16, "\(mirrored) of 20")
    // An evaluation sees what it always sees.
    try load(draw(MicrobatchDraw.evaluationStep))
    #expect(Array(plain.0.batch.pixels.values) == Array(flipped.0.batch.pixels.values))
  }
}
