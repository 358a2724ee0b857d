// The names of a dataset's shards.

import Basics

/// A part of the dataset and a number, so that names sort by it.
enum ShardNames {
  static let suffix = ".shard"

  static func training(_ index: Int) -> String { name("training", index) }
  static func holdout(_ index: Int) -> String { name("holdout", index) }

  private static func name(_ part: String, _ index: Int) -> String {
    part + "-" + index.zeroPadded(to: 5) + suffix
  }
}
