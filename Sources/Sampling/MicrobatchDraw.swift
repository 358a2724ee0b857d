// What is to be loaded. Not here: how it is loaded (`MicrobatchLoader`).

import Basics
import Imagery

/// A microbatch to be loaded: whose samples, and what keys all that is drawn for them.
package struct MicrobatchDraw: Equatable, Sendable {
  /// By its number in the dataset.
  package let shard: ShardID
  /// Places of the samples' chips (of pairs the first images') among the shard's own chips.
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

  /// What is drawn for one of its samples.
  /// - Parameter seed: the run's.
  func stream(_ purpose: RandomPurpose, sample: Int, seed: UInt64) -> CounterRandom {
    CounterRandom(seed: seed, purpose: purpose, step.rawValue, microbatch, UInt32(sample))
  }
}
