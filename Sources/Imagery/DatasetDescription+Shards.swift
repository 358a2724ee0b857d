// The numbers of a dataset's shards: those for training come first, those held out follow. Nothing
// else counts them.

import Basics

extension DatasetDescription {
  /// All shards in the order of their numbers.
  public var shards: [ShardDescription] { trainingShards + holdoutShards }

  /// Shards for training and those held out.
  public var shardCount: Int { trainingShards.count + holdoutShards.count }

  /// The numbers of all shards, in order.
  public var shardIDs: [ShardID] { (0..<shardCount).map(ShardID.init(index:)) }

  /// The number of a shard of `holdoutShards`, by its place there; that of place 0 is defined even
  /// where there is none.
  public func holdoutShard(_ place: Int) -> ShardID {
    ShardID(index: trainingShards.count + place)
  }

  /// - Precondition: the number is below `shardCount`.
  public subscript(shard: ShardID) -> ShardDescription {
    shard.index < trainingShards.count
      ? trainingShards[shard.index] : holdoutShards[shard.index - trainingShards.count]
  }
}
