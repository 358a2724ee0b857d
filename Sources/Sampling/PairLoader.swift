// Microbatches of pairs: which neighbour, which crop of each image, which patches stay visible.

import Basics
import Imagery
import MaskedAutoencoding
import NeighborMAE

/// Loads pairs of neighbouring images.
package final class PairLoader: MicrobatchLoader {
  private let seed: UInt64
  private let flips: ImageFlips
  private let neighbourDraw: NeighbourDraw
  private let sampler: CropSampler
  private let shards: OpenShards
  private var order: [Int32] = []
  package let batch: PairBatch

  /// - Parameter capacity: pairs in a microbatch at most.
  package init(
    _ source: ChipSource, neighbourDraw: NeighbourDraw, model: ModelConfiguration, capacity: Int
  ) {
    seed = source.seed
    flips = source.flips
    self.neighbourDraw = neighbourDraw
    shards = OpenShards(open: source.openShard)
    sampler = CropSampler(
      layout: source.layout, side: model.imageSide, normalization: source.normalization)
    batch = PairBatch(configuration: model, capacity: capacity)
  }

  package var capacity: Int { batch.capacity }

  package func load(_ draw: MicrobatchDraw) throws {
    try shards.use(draw.shard) { try fill(draw, from: $0) }
  }

  private func fill(_ draw: MicrobatchDraw, from shard: ShardFile) throws {
    var footprints: [(first: Footprint, second: Footprint)] = []
    order.removeAll(keepingCapacity: true)
    for (pair, anchor) in draw.anchors.enumerated() {
      func stream(_ purpose: RandomPurpose) -> CounterRandom {
        draw.stream(purpose, sample: pair, seed: seed)
      }
      var choice = stream(.neighbourChoice)
      let link = neighbourDraw.link(of: anchor, in: shard.directory, using: &choice)
      let first = try loadImage(
        anchor, of: shard, placement: nil, stream(.cropFirst), pair: pair, image: 0)
      let second = try loadImage(
        link?.chip ?? anchor, of: shard, placement: link?.placement, stream(.cropSecond),
        pair: pair, image: 1)
      if draw.isMirrored(flips, sample: pair, seed: seed) {
        mirror(pair)
        footprints.append((first.mirrored, second.mirrored))
      } else {
        footprints.append((first, second))
      }
      for purpose in [RandomPurpose.maskFirst, .maskSecond] {
        var mask = stream(purpose)
        order += mask.permutation(of: batch.configuration.patchesPerImage)
      }
    }
    try batch.prepare(footprints: footprints, order: order, bounds: draw.bounds)
  }

  private func loadImage(
    _ chip: Int, of shard: ShardFile, placement: AffineTransform?, _ stream: CounterRandom,
    pair: Int, image: Int
  ) throws -> Footprint {
    var random = stream
    return try sampler.load(
      chip: chip, of: shard, placement: placement, random: &random,
      into: batch.pixels.pointer + batch.pixelRange(pair: pair, image: image).lowerBound,
      validity: batch.validity.pointer + batch.validityRange(pair: pair, image: image).lowerBound)
  }

  private func mirror(_ pair: Int) {
    for image in 0..<2 {
      Mirror.apply(
        batch.pixels.pointer + batch.pixelRange(pair: pair, image: image).lowerBound,
        channels: batch.configuration.channels,
        validity: batch.validity.pointer
          + batch.validityRange(pair: pair, image: image).lowerBound,
        side: batch.configuration.imageSide)
    }
  }
}
