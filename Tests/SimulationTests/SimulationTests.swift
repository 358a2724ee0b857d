// Whole runs under simulated faults.

import Foundations
import Simulation
import Testing

@Suite("Simulated runs") struct SimulationTests {
  private static let threads = 2

  @Test("2000 seeds of faults all end with the digests of the calm run")
  func seeds() throws {
    let result = try SeedSweep(seeds: 0..<2000, threads: Self.threads).run { _ in }
    #expect(result.runs == 2000)
    #expect(result.failed.isEmpty, "terrane simulate --seed S --trace: \(result.failed)")
    // There was something to bear.
    #expect(result.faults > 10_000)
  }

  @Test("A fault that is planted is found within 1000 seeds", arguments: PlantedFault.allCases)
  func planted(fault: PlantedFault) throws {
    let sweep = try SeedSweep(seeds: 0..<1000, threads: Self.threads, planted: fault)
    #expect(!sweep.run { _ in }.failed.isEmpty)
  }

  @Test("A seed's story is the same every time it is told")
  func repeatable() throws {
    let sweep = try SeedSweep(seeds: 0..<1, threads: 1)
    for seed in [3, 17, 401] as [UInt64] {
      var stories: [[String]] = [[], []]
      for telling in 0..<2 { _ = sweep.trace(seed) { stories[telling].append($0) } }
      #expect(stories[0].count > 100)
      #expect(stories[0] == stories[1], "seed \(seed)")
    }
  }
}
