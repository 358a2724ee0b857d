// Which pairs make which microbatch: a function of the seed and the dataset's sizes alone, so that any
// worker at any time, after any restart, draws the same pairs. Not here: which neighbour and which crop,
// which follow from the microbatch and the pair's place in it.

import Foundations

/// One microbatch of training: chips of one shard, each the first image of a pair.
public struct Microbatch: Hashable, Sendable {
  public let shard: ShardID
  /// Places of the anchor chips among the shard's own chips.
  public let anchors: [Int]
}

/// The endless sequence of microbatches. An epoch visits every chip once as an anchor; the chips of each
/// shard are shuffled, cut into microbatches (the last one filled up from the start of the shuffle), and
/// the microbatches of all shards are shuffled together.
public struct MicrobatchPlan: Sendable {
  public let seed: UInt64
  /// Chips that each shard owns, border copies excluded.
  public let chipsPerShard: [Int]
  public let pairsPerMicrobatch: Int
  public let microbatchesPerStep: Int

  /// Microbatches of the shards before each shard, and of all at the end.
  private let firstMicrobatch: [Int]

  /// - Precondition: all sizes are positive and at least one shard has chips.
  public init(
    seed: UInt64, chipsPerShard: [Int], pairsPerMicrobatch: Int, microbatchesPerStep: Int
  ) {
    precondition(pairsPerMicrobatch > 0 && microbatchesPerStep > 0)
    precondition(chipsPerShard.allSatisfy { $0 >= 0 } && chipsPerShard.contains { $0 > 0 })
    self.seed = seed
    self.chipsPerShard = chipsPerShard
    self.pairsPerMicrobatch = pairsPerMicrobatch
    self.microbatchesPerStep = microbatchesPerStep
    var first = [0]
    for chips in chipsPerShard {
      first.append(first.last! + (chips + pairsPerMicrobatch - 1) / pairsPerMicrobatch)
    }
    firstMicrobatch = first
  }

  public var microbatchesPerEpoch: Int { firstMicrobatch.last! }

  /// The shards that a step needs, in the order of its microbatches.
  public func shards(of step: Step) -> [ShardID] {
    locations(of: step).map { ShardID(index: $0.shard) }
  }

  /// - Precondition: `microbatch` is below `microbatchesPerStep`.
  public func microbatch(_ microbatch: Int, of step: Step) -> Microbatch {
    precondition((0..<microbatchesPerStep).contains(microbatch))
    let location = locations(of: step)[microbatch]
    let chips = chipsPerShard[location.shard]
    var random = CounterRandom(
      seed: seed, purpose: .epochOrder, UInt32(location.epoch), UInt32(location.shard) + 1)
    let order = random.permutation(of: chips)
    let start = location.part * pairsPerMicrobatch
    let anchors = (0..<pairsPerMicrobatch).map { Int(order[(start + $0) % chips]) }
    return Microbatch(shard: ShardID(index: location.shard), anchors: anchors)
  }

  private struct Location {
    let epoch: Int
    let shard: Int
    let part: Int
  }

  private func locations(of step: Step) -> [Location] {
    let start = step.index * microbatchesPerStep
    var order: (epoch: Int, microbatches: [Int32]) = (-1, [])
    return (start..<start + microbatchesPerStep).map { position in
      let epoch = position / microbatchesPerEpoch
      if order.epoch != epoch {
        var random = CounterRandom(seed: seed, purpose: .epochOrder, UInt32(epoch), 0)
        order = (epoch, random.permutation(of: microbatchesPerEpoch))
      }
      let chosen = Int(order.microbatches[position % microbatchesPerEpoch])
      let shard = shard(holding: chosen)
      return Location(epoch: epoch, shard: shard, part: chosen - firstMicrobatch[shard])
    }
  }

  /// The last shard whose first microbatch is not after `microbatch`, by bisection.
  private func shard(holding microbatch: Int) -> Int {
    var low = 0
    var high = chipsPerShard.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstMicrobatch[middle] <= microbatch { low = middle } else { high = middle }
    }
    return low
  }
}
