// Which pairs make which microbatch: a function of the seed, the dataset's sizes and the lost
// shards, so that any worker at any time, after any restart, draws the same pairs. Not here: which
// neighbour and which crop, which follow from the microbatch and the pair's place in it.

import Basics

/// One microbatch of training: chips of one shard, each the first image of a pair.
package struct Microbatch: Hashable, Sendable {
  package let shard: ShardID
  /// Places of the anchor chips among the shard's own chips.
  package let anchors: [Int]
}

/// The endless sequence of microbatches. An epoch visits every chip once as an anchor; the chips of
/// each shard are shuffled, cut into microbatches (the last one filled up from the start of the
/// shuffle), and the microbatches of all shards are shuffled together.
package struct MicrobatchPlan: Sendable {
  package let seed: UInt64
  /// The dataset's number of the first shard; the others follow.
  package let firstShard: ShardID
  /// Chips that each shard owns, border copies excluded.
  package let chipsPerShard: [Int]
  package let pairsPerMicrobatch: Int
  package let microbatchesPerStep: Int

  /// Microbatches of the shards before each shard, and of all at the end.
  private let firstMicrobatch: [Int]

  /// - Precondition: all sizes are positive and at least one shard has chips.
  package init(
    seed: UInt64, firstShard: ShardID = ShardID(0), chipsPerShard: [Int], pairsPerMicrobatch: Int,
    microbatchesPerStep: Int
  ) {
    precondition(pairsPerMicrobatch > 0 && microbatchesPerStep > 0)
    precondition(chipsPerShard.allSatisfy { $0 >= 0 } && chipsPerShard.contains { $0 > 0 })
    self.seed = seed
    self.firstShard = firstShard
    self.chipsPerShard = chipsPerShard
    self.pairsPerMicrobatch = pairsPerMicrobatch
    self.microbatchesPerStep = microbatchesPerStep
    var first = [0]
    for chips in chipsPerShard {
      first.append(first.last! + (chips + pairsPerMicrobatch - 1) / pairsPerMicrobatch)
    }
    firstMicrobatch = first
  }

  package var microbatchesPerEpoch: Int { firstMicrobatch.last! }

  /// The dataset's numbers of all shards.
  package var shards: Range<Int> { firstShard.index..<firstShard.index + chipsPerShard.count }

  /// Whether the shard is one of the plan's, and not an empty one.
  package func hasChips(_ shard: ShardID) -> Bool {
    shards.contains(shard.index) && chipsPerShard[place(of: shard)] > 0
  }

  private func shard(at place: Int) -> ShardID { ShardID(index: firstShard.index + place) }

  private func place(of shard: ShardID) -> Int { shard.index - firstShard.index }

  /// The shards that a step needs, in the order of its microbatches. In the place of a lost shard
  /// stands another one, drawn by its share of the chips that are left.
  /// - Precondition: not every shard with chips is lost.
  package func shards(of step: Step, without lost: Set<ShardID> = []) -> [ShardID] {
    locations(of: step).enumerated().map { microbatch, location in
      let planned = shard(at: location.place)
      return lost.contains(planned) ? substitute(microbatch, of: step, without: lost) : planned
    }
  }

  /// Whether there is something left to train on.
  package func isPossible(without lost: Set<ShardID>) -> Bool {
    chipsPerShard.enumerated().contains { $1 > 0 && !lost.contains(shard(at: $0)) }
  }

  private func substitute(
    _ microbatch: Int, of step: Step, without lost: Set<ShardID>
  ) -> ShardID {
    let left = chipsPerShard.enumerated().filter { !lost.contains(shard(at: $0.offset)) }
    var random = CounterRandom(
      seed: seed, purpose: .substitution, step.rawValue, UInt32(microbatch))
    var chip = random.index(below: left.reduce(0) { $0 + $1.element })
    for (place, chips) in left {
      if chip < chips { return shard(at: place) }
      chip -= chips
    }
    preconditionFailure("a chip was drawn that no shard has")
  }

  /// - Parameter leased: the shard that was leased, if not the planned one because that is lost:
  ///   its anchors are drawn for this microbatch alone.
  /// - Precondition: `microbatch` is below `microbatchesPerStep`, and the shard has chips.
  package func microbatch(
    _ microbatch: Int, of step: Step, from leased: ShardID? = nil
  ) -> Microbatch {
    precondition((0..<microbatchesPerStep).contains(microbatch))
    let location = locations(of: step)[microbatch]
    let shard = leased ?? shard(at: location.place)
    let place = place(of: shard)
    let chips = chipsPerShard[place]
    let isPlanned = place == location.place
    var random =
      isPlanned
      ? CounterRandom(
        seed: seed, purpose: .epochOrder, UInt32(truncatingIfNeeded: location.epoch),
        UInt32(place) + 1)
      : CounterRandom(
        seed: seed, purpose: .substitution, step.rawValue, UInt32(microbatch), UInt32(place) + 1)
    let order = random.permutation(of: chips)
    let start = isPlanned ? location.part * pairsPerMicrobatch : 0
    let anchors = (0..<pairsPerMicrobatch).map { Int(order[(start + $0) % chips]) }
    return Microbatch(shard: shard, anchors: anchors)
  }

  private struct Location {
    let epoch: Int
    /// Of the shard among those of the plan.
    let place: Int
    let part: Int
  }

  private func locations(of step: Step) -> [Location] {
    let start = step.index * microbatchesPerStep
    var order: (epoch: Int, microbatches: [Int32]) = (-1, [])
    return (start..<start + microbatchesPerStep).map { position in
      let epoch = position / microbatchesPerEpoch
      if order.epoch != epoch {
        // A coordinator may name any step; no run comes to 2³² epochs.
        var random = CounterRandom(
          seed: seed, purpose: .epochOrder, UInt32(truncatingIfNeeded: epoch), 0)
        order = (epoch, random.permutation(of: microbatchesPerEpoch))
      }
      let chosen = Int(order.microbatches[position % microbatchesPerEpoch])
      let place = place(holding: chosen)
      return Location(epoch: epoch, place: place, part: chosen - firstMicrobatch[place])
    }
  }

  /// The last shard whose first microbatch is not after `microbatch`, by bisection.
  private func place(holding microbatch: Int) -> Int {
    var low = 0
    var high = chipsPerShard.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstMicrobatch[middle] <= microbatch { low = middle } else { high = middle }
    }
    return low
  }
}
