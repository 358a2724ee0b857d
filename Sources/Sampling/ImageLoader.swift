// Microbatches of single images: a crop of each anchor, and which patches stay visible. Both are
// those of a pair's first image of the same run, step and place.

import Basics
import Imagery
import MAE
import MaskedAutoencoding

/// Loads single images: what a pair would begin with, and no neighbour.
package final class ImageLoader: MicrobatchLoader {
  private let seed: UInt64
  private let sampler: CropSampler
  private let shards: OpenShards
  private var order: [Int32] = []
  package let batch: ImageBatch

  /// - Parameter capacity: images in a microbatch at most.
  package init(_ source: ChipSource, model: ModelConfiguration, capacity: Int) {
    seed = source.seed
    shards = OpenShards(open: source.openShard)
    sampler = CropSampler(
      layout: source.layout, side: model.imageSide, normalization: source.normalization)
    batch = ImageBatch(configuration: model, capacity: capacity)
  }

  package var capacity: Int { batch.images.capacity }

  /// The share that is hidden is the lower one of the draw's bounds: that of a pair that does not
  /// overlap.
  package func load(_ draw: MicrobatchDraw) throws {
    try shards.use(draw.shard) { try fill(draw, from: $0) }
  }

  private func fill(_ draw: MicrobatchDraw, from shard: ShardFile) throws {
    let (images, model) = (batch.images, batch.configuration)
    order.removeAll(keepingCapacity: true)
    for (index, anchor) in draw.anchors.enumerated() {
      var crop = draw.stream(.cropFirst, sample: index, seed: seed)
      _ = try sampler.load(
        chip: anchor, of: shard, random: &crop,
        into: images.pixels.pointer + index * model.valuesPerImage,
        validity: images.validity.pointer + index * model.pixelsPerImage)
      var mask = draw.stream(.maskFirst, sample: index, seed: seed)
      order += mask.permutation(of: model.patchesPerImage)
    }
    try batch.prepare(
      count: draw.anchors.count, order: order, maskRatio: draw.bounds.minimum)
  }
}
