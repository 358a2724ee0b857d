// From anchors to pixels: which crops, which patches stay visible. Everything is drawn from streams
// keyed by what it is for, so that whoever loads a microbatch loads the same samples. Not here:
// which anchors make which microbatch, and what a sample is (`PairLoader`, `ImageLoader`).

import Basics
import Imagery

/// Fills one batch after another. One thread at a time.
package protocol MicrobatchLoader<Batch>: AnyObject {
  associatedtype Batch

  /// What the last `load` filled.
  var batch: Batch { get }
  /// Samples that fit.
  var capacity: Int { get }

  /// Fills `batch`. A shard that is written to meanwhile is opened anew, once.
  /// - Throws: what a missing or damaged shard throws.
  func load(_ draw: MicrobatchDraw) throws
}

/// What every loader reads from.
package struct ChipSource {
  /// Of the dataset's chips.
  let layout: ChipLayout
  /// Of the dataset's bands.
  let normalization: Normalization
  /// The run's.
  let seed: UInt64
  let flips: ImageFlips
  /// By a number as `Dataset.openShard` takes it; asked again for a shard that was not used for
  /// long.
  let openShard: (ShardID) throws -> ShardFile

  package init(
    layout: ChipLayout, normalization: Normalization, seed: UInt64,
    flips: ImageFlips = .none, openShard: @escaping (ShardID) throws -> ShardFile
  ) {
    self.layout = layout
    self.normalization = normalization
    self.seed = seed
    self.flips = flips
    self.openShard = openShard
  }
}
