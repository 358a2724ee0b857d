// From anchors to pixels: which neighbour, which crops, which patches stay visible. Everything is
// drawn from streams keyed by what it is for, so that whoever loads a microbatch loads the same
// pairs. Not here: which anchors make which microbatch.

import Basics
import Imagery
import NeighborMAE

/// A microbatch to be loaded: whose pairs, and what keys all that is drawn for them.
package struct MicrobatchDraw: Equatable, Sendable {
  /// By its number in the dataset.
  package let shard: ShardID
  /// Places of the pairs' first images among the shard's own chips.
  package let anchors: [Int]
  package let step: Step
  /// Of the step.
  package let microbatch: UInt32
  /// Between which the share of hidden patches is drawn.
  package let bounds: MaskRatioBounds

  /// Evaluations draw from streams of a step that no run reaches: fixed crops and masks.
  package static let evaluationStep = Step(.max)

  package init(
    shard: ShardID, anchors: [Int], step: Step, microbatch: UInt32, bounds: MaskRatioBounds
  ) {
    self.shard = shard
    self.anchors = anchors
    self.step = step
    self.microbatch = microbatch
    self.bounds = bounds
  }
}

/// Fills one batch after another. One thread at a time.
package final class MicrobatchLoader {
  private let openShard: (ShardID) throws -> ShardFile
  private let seed: UInt64
  private let neighbourDraw: NeighbourDraw
  private let sampler: CropSampler
  /// The shards used last, the newest at the end.
  private var openShards: [(id: ShardID, file: ShardFile)] = []
  private var order: [Int32] = []
  package let batch: PairBatch

  /// Each takes a descriptor and holds its directory in memory.
  private static let openShardLimit = 64

  /// - Parameters:
  ///   - layout: of the dataset's chips.
  ///   - normalization: of the dataset's bands.
  ///   - seed: the run's.
  ///   - capacity: pairs in a microbatch at most.
  ///   - openShard: by a number as `Dataset.openShard` takes it; asked again for a shard that was
  ///     not used for long.
  package init(
    layout: ChipLayout, normalization: Normalization, seed: UInt64, neighbourDraw: NeighbourDraw,
    model: ModelConfiguration, capacity: Int, openShard: @escaping (ShardID) throws -> ShardFile
  ) {
    self.openShard = openShard
    self.seed = seed
    self.neighbourDraw = neighbourDraw
    sampler = CropSampler(layout: layout, side: model.imageSide, normalization: normalization)
    batch = PairBatch(configuration: model, capacity: capacity)
  }

  /// Fills `batch`. A shard that is written to meanwhile is opened anew, once.
  /// - Throws: what a missing or damaged shard throws.
  package func load(_ draw: MicrobatchDraw) throws {
    do {
      try fill(draw)
    } catch ShardError.changedMeanwhile {
      openShards.removeAll { $0.id == draw.shard }
      try fill(draw)
    }
  }

  private func fill(_ draw: MicrobatchDraw) throws {
    let shard = try shard(draw.shard)
    var footprints: [(first: Footprint, second: Footprint)] = []
    order.removeAll(keepingCapacity: true)
    for (pair, anchor) in draw.anchors.enumerated() {
      func stream(_ purpose: RandomPurpose) -> CounterRandom {
        CounterRandom(
          seed: seed, purpose: purpose, draw.step.rawValue, draw.microbatch, UInt32(pair))
      }
      var choice = stream(.neighbourChoice)
      let link = neighbourDraw.link(of: anchor, in: shard.directory, using: &choice)
      let first = try loadImage(
        anchor, of: shard, placement: nil, stream(.cropFirst), pair: pair, image: 0)
      let second = try loadImage(
        link?.chip ?? anchor, of: shard, placement: link?.placement, stream(.cropSecond),
        pair: pair, image: 1)
      footprints.append((first, second))
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

  private func shard(_ id: ShardID) throws -> ShardFile {
    if let place = openShards.firstIndex(where: { $0.id == id }) {
      let open = openShards.remove(at: place)
      openShards.append(open)
      return open.file
    }
    if openShards.count == Self.openShardLimit { openShards.removeFirst() }
    let file = try openShard(id)
    openShards.append((id, file))
    return file
  }
}
