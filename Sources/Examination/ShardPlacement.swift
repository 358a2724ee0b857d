// Which shards of a dataset go to which machine. Pure; what is written for rsync is elsewhere.

/// Training shards on machines: each on as many as there are copies.
///
/// Shards are numbered along a curve that keeps close together what is close on the map. They are
/// laid on a circle in this order, each as long as its bytes, and the circle is cut into as many
/// equal pieces as there are machines: a machine has its own piece and the `copies − 1` before it.
/// So what it has lies together, all have the same but for a shard's bytes at each cut, and a
/// machine that is lost is replaced by its neighbours on the circle.
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
    let total = byteCounts.reduce(0, +)
    var before = 0
    for (place, byteCount) in byteCounts.enumerated() {
      // The piece in which the shard's middle lies, which is before the end of the circle.
      let middle = Double(before) + Double(byteCount) / 2
      let share = total > 0 ? middle / Double(total) : 0
      let piece = min(Int(share * Double(machineCount)), machineCount - 1)
      for copy in 0..<copies { shards[(piece + copy) % machineCount].append(place) }
      before += byteCount
    }
  }
}
