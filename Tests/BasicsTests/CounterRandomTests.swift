// The counter-based generator against published vectors, and what its draws are made into.

import Basics
import Testing

@Suite("Counter-based random numbers") struct CounterRandomTests {
  // Known answers of the Random123 library, file kat_vectors, philox4x32 10 rounds.
  @Test("Philox gives the published vectors")
  func knownAnswers() {
    #expect(
      CounterRandom.philox(counter: SIMD4(0, 0, 0, 0), key: (0, 0))
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = UInt32.max
    #expect(
      CounterRandom.philox(counter: SIMD4(ones, ones, ones, ones), key: (ones, ones))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      CounterRandom.philox(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        key: (0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test("A stream depends on its seed, its purpose and its coordinates, and on nothing else")
  func identity() {
    func first(_ seed: UInt64, _ purpose: RandomPurpose, _ a: UInt32, _ b: UInt32) -> UInt64 {
      var random = CounterRandom(seed: seed, purpose: purpose, a, b)
      return random.next()
    }
    let all = [
      first(1, .cropFirst, 0, 0), first(2, .cropFirst, 0, 0), first(1, .cropSecond, 0, 0),
      first(1, .cropFirst, 1, 0), first(1, .cropFirst, 0, 1),
    ]
    #expect(Set(all).count == all.count)
    #expect(first(1, .cropFirst, 0, 0) == all[0])
  }

  @Test("A permutation holds every element once")
  func permutation() {
    var random = CounterRandom(seed: 7, purpose: .maskFirst)
    for count in [0, 1, 2, 3, 144, 1000] {
      #expect(random.permutation(of: count).sorted() == (0..<Int32(count)).map { $0 })
    }
  }

  @Test("Indices below a bound stay below it and reach every value")
  func indices() {
    var random = CounterRandom(seed: 3, purpose: .simulation)
    var seen = Set<Int>()
    for _ in 0..<500 { seen.insert(random.index(below: 7)) }
    #expect(seen == Set(0..<7))
  }

  @Test("Eight blocks at once are those that come one after the other")
  func eightBlocks() {
    let random = CounterRandom(seed: 0x1234_5678_9ABC_DEF0, purpose: .rounding, 7, .max, 3)
    var stream = random
    for first in [0, 8, 16] as [UInt32] {
      let (low, high) = random.eightBlocks(from: first)
      for lane in 0..<8 {
        #expect(low[lane] == stream.next())
        #expect(high[lane] == stream.next())
      }
    }
    // The numbers of blocks wrap, as the stream's do.
    #expect(random.eightBlocks(from: .max).low[1] == random.eightBlocks(from: 0).low[0])
  }
}
