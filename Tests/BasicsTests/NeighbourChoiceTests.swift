// The probabilities with which a chip is paired with its neighbours.

import Basics
import Testing

@Suite("Choosing a neighbour") struct NeighbourChoiceTests {
  /// How often each of two neighbours, and the chip itself, is drawn in 20,000 draws.
  private func shares(_ choice: NeighbourChoice, overlaps: [Double]) -> [Double] {
    var counts = [Int](repeating: 0, count: overlaps.count + 1)
    for draw in 0..<UInt32(20_000) {
      var random = CounterRandom(seed: 1, purpose: .neighbourChoice, draw)
      counts[choice.draw(among: overlaps, using: &random) ?? overlaps.count] += 1
    }
    return counts.map { Double($0) / 20_000 }
  }

  // Standard deviation of a share is below 0.0036: the bound is more than four of them.
  @Test("Uniform: neighbours and the chip itself are alike")
  func uniform() {
    for share in shares(.uniform, overlaps: [0, 0.5]) { #expect(abs(share - 1.0 / 3) < 0.015) }
  }

  @Test("By overlap: as the overlaps, with 0.05 added to each")
  func overlap() {
    let found = shares(.overlap, overlaps: [0, 0.5])
    for (share, weight) in zip(found, [0.05, 0.55, 1.05]) {
      #expect(abs(share - weight / 1.65) < 0.015)
    }
  }

  @Test("A chip without neighbours is paired with itself")
  func alone() {
    var random = CounterRandom(seed: 1, purpose: .neighbourChoice)
    #expect(NeighbourChoice.overlap.draw(among: [], using: &random) == nil)
  }
}
