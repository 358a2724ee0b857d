// Which shards of a dataset go to which machine. Pure; what is written for rsync is elsewhere.

/// Training shards on machines: each on as many as there are copies.
///
/// Shards are numbered along a curve that keeps close together what is close on the map. They are
/// laid on a circle in this order, each as long as its bytes, and the circle is cut into as many
/// equal pieces as there are machines: a machine has its own piece and the `copies − 1` before it.
/// So what it has lies together, all have the same but for a shard's bytes at each cut, and a
/// machine that is lost is replaced by its neighbours on the circle.
///
/// No piece stays empty while there are as many shards as machines. Of fewer, which are a piece
/// each, pieces without any lie between them as evenly as they can: a machine is without shards
/// only where all copies together are fewer than the machines.
package struct ShardPlacement: Equatable {
  /// The places of each machine's shards, in order.
  package private(set) var shards: [[Int]]

  /// - Parameters:
  ///   - byteCounts: of the shards, in the order of their numbers.
  ///   - machineCount: how many machines there are.
  ///   - copies: on how many of them each shard is to be.
  /// - Precondition: `1 <= copies <= machineCount`.
  package init(byteCounts: [Int], machineCount: Int, copies: Int) {
    precondition((1...machineCount).contains(copies))
    shards = [[Int]](repeating: [], count: machineCount)
    let pieces =
      byteCounts.count < machineCount
      ? byteCounts.indices.map { $0 * machineCount / byteCounts.count }
      : Self.pieces(byteCounts, machineCount)
    for (place, piece) in pieces.enumerated() {
      for copy in 0..<copies { shards[(piece + copy) % machineCount].append(place) }
    }
  }

  /// The piece in which each shard's middle lies, or one beside it where a piece would be empty.
  private static func pieces(_ byteCounts: [Int], _ count: Int) -> [Int] {
    let total = byteCounts.reduce(0, +)
    var before = 0
    var last = -1
    return byteCounts.enumerated().map { place, byteCount in
      let middle = Double(before) + Double(byteCount) / 2
      let share = total > 0 ? middle / Double(total) : 0
      before += byteCount
      // As many shards as pieces must be left behind this one.
      let least = max(last, count - (byteCounts.count - place))
      last = min(max(Int(share * Double(count)), least, 0), last + 1, count - 1)
      return last
    }
  }
}
