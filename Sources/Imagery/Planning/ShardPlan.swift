// Which chips share a file. Pure: an order and links in, lists out.

/// The chips of one shard, by their numbers in the dataset's order.
package struct ShardPlan: Hashable, Sendable {
  package let ownChips: [Int]
  /// Chips of other shards that own chips link to, ascending.
  package let borderChips: [Int]
  /// Of own chips, then empty rows for the copies; neighbours are indices into own chips followed
  /// by copies.
  package let links: [[NeighbourLink]]

  /// Own chips, then copies.
  package var chips: [Int] { ownChips + borderChips }

  /// Cuts chips into shards of nearly equal size, in their order, and adds to each the border chips
  /// that its links need, so that no link is lost.
  /// - Parameters:
  ///   - chips: the chips to place, ascending along the curve.
  ///   - chipsPerShard: own chips of a shard at most.
  ///   - isLinked: whether links to a chip count: those of another role do not.
  ///   - neighbours: of a chip, asked for once.
  package static func plans(
    for chips: [Int], chipsPerShard: Int, isLinked: (Int) -> Bool,
    neighbours: (Int) throws -> [NeighbourLink]
  ) rethrows -> [ShardPlan] {
    try cuts(of: chips, chipsPerShard: chipsPerShard).map {
      try ShardPlan(own: Array($0), isLinked: isLinked, neighbours: neighbours)
    }
  }

  /// The own chips of each shard. A plan a shard made from them when it is written keeps the links
  /// of one shard in memory, where `plans` keeps all.
  package static func cuts(of chips: [Int], chipsPerShard: Int) -> [ArraySlice<Int>] {
    precondition(chipsPerShard > 0)
    let shardCount = (chips.count + chipsPerShard - 1) / chipsPerShard
    return (0..<shardCount).map { shard in
      chips[chips.count * shard / shardCount..<chips.count * (shard + 1) / shardCount]
    }
  }

  /// The shard of some own chips, of those that `cuts` gives.
  /// - Parameters:
  ///   - isLinked: whether links to a chip count: those of another role do not.
  ///   - neighbours: of a chip, asked for once.
  package init(
    own: [Int], isLinked: (Int) -> Bool, neighbours: (Int) throws -> [NeighbourLink]
  ) rethrows {
    let rows = try own.map { try neighbours($0).filter { isLinked($0.chip) } }
    var place: [Int: Int] = [:]
    for (index, chip) in own.enumerated() { place[chip] = index }
    var borders: Set<Int> = []
    for row in rows {
      for link in row where place[link.chip] == nil { borders.insert(link.chip) }
    }
    borderChips = borders.sorted()
    for (index, chip) in borderChips.enumerated() { place[chip] = own.count + index }
    ownChips = own
    links =
      rows.map { row in
        row.map { link in link.renumbered(place[link.chip]!) }
          .sorted { $0.chip < $1.chip }
      } + borderChips.map { _ in [] }
  }
}
