// From a lease to pixels: which neighbour, which crops, which patches stay visible. Everything is drawn from
// streams keyed by what it is for, so any worker loads the same batch.

import Basics
import Coordination
import Imagery
import NeighborMAE
import Wire

/// Fills one batch after another. One thread at a time.
package final class MicrobatchLoader {
  private let openShard: (ShardID) throws -> ShardFile
  private let seed: UInt64
  private let neighbourChoice: NeighbourChoice
  private let training: MicrobatchPlan
  private let evaluation: MicrobatchPlan?
  private let sampler: CropSampler
  /// The shards used last, the newest at the end.
  private var openShards: [(id: ShardID, file: ShardFile)] = []
  private var order: [Int32] = []
  package let batch: PairBatch

  /// Evaluations draw from streams of a step that no run reaches: fixed crops and masks.
  private static let evaluationStep = Step(.max)

  /// Each takes a descriptor and holds its directory in memory.
  private static let openShardLimit = 64

  /// - Parameter openShard: by a number as `Dataset.openShard` takes it; asked again for a shard that was not used
  ///   for long.
  package init(
    dataset: Dataset, plans: MicrobatchPlans, model: ModelConfiguration,
    openShard: @escaping (ShardID) throws -> ShardFile
  ) {
    self.openShard = openShard
    seed = plans.training.seed
    neighbourChoice = plans.neighbourChoice
    training = plans.training
    evaluation = plans.evaluation
    sampler = CropSampler(
      layout: dataset.layout, side: model.imageSide,
      normalization: Normalization(dataset.description.bands))
    batch = PairBatch(configuration: model, capacity: plans.training.pairsPerMicrobatch)
  }

  /// `batch`, filled for a lease.
  /// - Throws: what `load` throws.
  package func batch(of lease: Lease) throws -> PairBatch {
    try load(lease)
    return batch
  }

  /// Fills `batch` for a lease. A shard that is written to meanwhile is opened anew, once.
  /// - Throws: what a missing or damaged shard throws.
  package func load(_ lease: Lease) throws {
    do {
      try fill(lease)
    } catch ShardError.changedMeanwhile {
      openShards.removeAll { $0.id == lease.shard }
      try fill(lease)
    }
  }

  private func fill(_ lease: Lease) throws {
    let isTraining = lease.kind == .train
    guard let plan = isTraining ? training : evaluation,
      Int(lease.microbatch) < plan.microbatchesPerStep
    else { throw RunError(description: "the lease names no microbatch of this run") }
    let step = isTraining ? lease.step : Self.evaluationStep
    let firstShard = isTraining ? 0 : training.chipsPerShard.count
    let place = lease.shard.index - firstShard
    guard plan.chipsPerShard.indices.contains(place), plan.chipsPerShard[place] > 0 else {
      throw RunError(description: "the lease names shard \(lease.shard), which has no chips")
    }
    let microbatch = plan.microbatch(
      Int(lease.microbatch), of: isTraining ? step : Step(0), from: ShardID(index: place))
    let shard = try shard(lease.shard)
    var footprints: [(first: Footprint, second: Footprint)] = []
    order.removeAll(keepingCapacity: true)
    for (pair, anchor) in microbatch.anchors.enumerated() {
      func stream(_ purpose: RandomPurpose) -> CounterRandom {
        CounterRandom(
          seed: seed, purpose: purpose, step.rawValue, lease.microbatch, UInt32(pair))
      }
      var choice = stream(.neighbourChoice)
      let neighbours = shard.directory.neighbours(of: anchor)
      let overlaps = neighbours.map { Double($0.intersectionOverUnion) }
      let chosen = neighbourChoice.draw(among: overlaps, using: &choice)
      let other = chosen.map { neighbours[neighbours.startIndex + $0].chip } ?? anchor
      let first = try loadImage(anchor, of: shard, stream(.cropFirst), pair: pair, image: 0)
      let second = try loadImage(other, of: shard, stream(.cropSecond), pair: pair, image: 1)
      footprints.append((first, second))
      for purpose in [RandomPurpose.maskFirst, .maskSecond] {
        var mask = stream(purpose)
        order += mask.permutation(of: batch.configuration.patchesPerImage)
      }
    }
    try batch.prepare(footprints: footprints, order: order, bounds: lease.bounds)
  }

  private func loadImage(
    _ chip: Int, of shard: ShardFile, _ stream: CounterRandom, pair: Int, image: Int
  ) throws -> Footprint {
    var random = stream
    return try sampler.load(
      chip: chip, of: shard, random: &random,
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

/// The two plans of a run, which coordinator and workers derive alike.
package struct MicrobatchPlans: Sendable {
  package let training: MicrobatchPlan
  /// The microbatches of every evaluation are those of its step 0. Nil when nothing is held out.
  package let evaluation: MicrobatchPlan?
  package let neighbourChoice: NeighbourChoice
}
