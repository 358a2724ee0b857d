// The crops and the masks of single images. Both are those of a pair's first image of the same run,
// step and place. Not here: the batch that they fill.

import Basics
import Imagery

/// A crop of each anchor of a draw. One thread at a time.
final class AnchorCrops {
  private let seed: UInt64
  private let flips: ImageFlips
  private let sampler: CropSampler
  private let shards: OpenShards
  private var order: [Int32] = []

  /// - Parameter side: pixels along a side of a crop, once resized.
  init(_ source: ChipSource, side: Int) {
    seed = source.seed
    flips = source.flips
    shards = OpenShards(open: source.openShard)
    sampler = CropSampler(
      layout: source.layout, side: side, normalization: source.normalization)
  }

  /// - Parameters:
  ///   - patches: of an image.
  ///   - place: where an image's pixels, (C, side, side), and flags are written.
  /// - Returns: (anchors, patches): which patches of each image come first.
  /// - Throws: what a missing or damaged shard throws.
  func load(
    _ draw: MicrobatchDraw, patches: Int,
    into place: (Int) -> (UnsafeMutablePointer<Float>, validity: UnsafeMutablePointer<UInt8>)
  ) throws -> [Int32] {
    try shards.use(draw.shard) { shard in
      order.removeAll(keepingCapacity: true)
      for (index, anchor) in draw.anchors.enumerated() {
        var crop = draw.stream(.cropFirst, sample: index, seed: seed)
        let (pixels, validity) = place(index)
        _ = try sampler.load(
          chip: anchor, of: shard, random: &crop, into: pixels, validity: validity)
        if draw.isMirrored(flips, sample: index, seed: seed) {
          Mirror.apply(
            pixels, channels: sampler.layout.bandCount, validity: validity, side: sampler.side)
        }
        var mask = draw.stream(.maskFirst, sample: index, seed: seed)
        order += mask.permutation(of: patches)
      }
    }
    return order
  }
}
