// Runs with products of bfloat16: the same bits on machines that compute them in different ways.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Runs with bfloat16 products") struct ArithmeticRunTests {
  private static let overrides = [
    "model.arithmetic=bfloat16", "training.steps=20", "training.microbatchesPerStep=5",
    "training.pairsPerMicrobatch=2", "evaluation.everySteps=10", "checkpoints.everySteps=20",
  ]

  @Test("1, 2 and 3 workers of 1 and 2 threads, each with its own way, come to the same steps")
  func mixedCluster() throws {
    let (narrow, wide, pairs) = (ProductPath.narrow, ProductPath.wide, ProductPath.pairs)
    let clusters = [[narrow], [pairs], [pairs, narrow], [wide, pairs, narrow]]
    let all = try clusters.map { try digests(of: $0) }
    #expect(all[0].count == 20)
    for (paths, digests) in zip(clusters, all) { #expect(digests == all[0], "\(paths)") }
  }

  /// Trains with workers that all stand ready before the first step; every second one has two
  /// threads.
  private func digests(of paths: [ProductPath]) throws -> [String] {
    let cluster = try StandaloneCluster(TinyRun(Self.overrides))
    cluster.coordinator.send(signal: SIGSTOP)
    let programs = try paths.enumerated().map { number, path in
      try cluster.startWorker(
        "worker-\(number)", threads: 1 + number % 2, options: ["--product-path", path.rawValue])
    }
    for program in programs { try program.waitForError("connects to") }
    cluster.coordinator.send(signal: SIGCONT)
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    for program in programs { #expect(try program.waitForEnd() == 0, "\(program.errors)") }
    let metrics = try cluster.run.metrics()
    #expect(metrics.steps.contains { $0.workers == paths.count })
    return metrics.digests
  }

  @Test("Another arithmetic is another run, with other numbers from the first step on")
  func otherNumbers() throws {
    let all = try ["float32", "bfloat16"].map { arithmetic in
      let run = try TinyRun(
        Self.overrides + ["model.arithmetic=\(arithmetic)", "training.steps=2"])
      #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
      return (identity: run.identity, digests: try run.metrics().digests)
    }
    #expect(all[0].identity != all[1].identity)
    #expect(all[0].digests.count == 2)
    #expect(Set(all[0].digests).isDisjoint(with: all[1].digests))
  }
}
