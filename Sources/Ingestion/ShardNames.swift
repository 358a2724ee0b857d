// The names of a dataset's shards.

import Basics

/// A part of the dataset and a number, so that names sort by it.
package enum ShardNames {
  package static let suffix = ".shard"

  package static func training(_ index: Int) -> String { name("training", index) }
  package static func holdout(_ index: Int) -> String { name("holdout", index) }

  private static func name(_ part: String, _ index: Int) -> String {
    part + "-" + index.zeroPadded(to: 5) + suffix
  }
}
