// Which shards go to which machine.

import Examination
import Testing

@Suite("Shards on machines") struct ShardPlacementTests {
  private func placed(_ byteCounts: [Int], on machines: Int, copies: Int = 1) -> [[Int]] {
    ShardPlacement(byteCounts: byteCounts, machineCount: machines, copies: copies).shards
  }

  @Test("Equal shards are cut into equal runs")
  func equal() {
    #expect(
      placed([5, 5, 5, 5, 5, 5], on: 3) == [[0, 1], [2, 3], [4, 5]])
  }

  @Test("A second copy is on the next machine on the circle")
  func copies() {
    #expect(
      placed([5, 5, 5, 5, 5, 5], on: 3, copies: 2) == [[0, 1, 4, 5], [0, 1, 2, 3], [2, 3, 4, 5]])
  }

  @Test("Bytes count, and not shards")
  func uneven() {
    #expect(placed([10, 10, 10, 30], on: 2) == [[0, 1, 2], [3]])
  }

  @Test("As many copies as machines: all have all")
  func all() {
    #expect(placed([3, 1, 2], on: 2, copies: 2) == [[0, 1, 2], [0, 1, 2]])
  }

  @Test("Without shards, or without bytes, nothing is divided by")
  func empty() {
    #expect(placed([], on: 2) == [[], []])
    #expect(placed([0, 0], on: 2) == [[0], [1]])
  }

  @Test("One large shard does not leave a machine without any")
  func large() {
    #expect(placed([90, 5, 5], on: 3) == [[0], [1], [2]])
    #expect(placed([5, 5, 90], on: 3) == [[0], [1], [2]])
    #expect(placed([1, 1, 1, 97], on: 2) == [[0, 1, 2], [3]])
    #expect(placed([97, 1, 1, 1], on: 3) == [[0], [1], [2, 3]])
    #expect(placed([5, 5, 0, 0], on: 2) == [[0], [1, 2, 3]])
  }

  @Test("Of fewer shards than machines every machine has one where there are enough copies")
  func fewShards() {
    // Four on eight: a shard a pair of machines.
    let bytes = [60, 10, 20, 10]
    #expect(
      placed(bytes, on: 8, copies: 2) == [[0], [0], [1], [1], [2], [2], [3], [3]])
    #expect(placed(bytes, on: 8) == [[0], [], [1], [], [2], [], [3], []])
    for copies in 1...5 {
      for machines in 5...20 {
        let empty = placed([7, 1, 1, 1, 2], on: machines, copies: copies).count(where: \.isEmpty)
        #expect(empty == max(0, machines - 5 * copies), "\(machines), \(copies)")
      }
    }
  }

  @Test(
    "Every shard is on as many machines as there are copies, and no machine has too much",
    arguments: [(100, 7, 2), (1000, 64, 3), (5, 9, 4), (64, 64, 1)])
  func properties(shardCount: Int, machineCount: Int, copies: Int) {
    // Bytes that differ up to threefold, by a fixed rule.
    let byteCounts = (0..<shardCount).map { 1000 + ($0 * 7919) % 2000 }
    let machines = placed(byteCounts, on: machineCount, copies: copies)
    for shard in 0..<shardCount {
      #expect(machines.count { $0.contains(shard) } == copies)
    }
    let fair = Double(byteCounts.reduce(0, +) * copies) / Double(machineCount)
    for shards in machines {
      // At each of the two ends of a piece half a shard may be too much.
      let bytes = shards.reduce(0) { $0 + byteCounts[$1] }
      #expect(Double(bytes) <= fair + 3000, "\(bytes) bytes, where \(fair) are fair")
    }
  }
}
