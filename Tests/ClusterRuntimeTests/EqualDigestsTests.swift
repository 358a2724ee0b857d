// The same bits whatever the number of workers and threads.

import TestSupport
import Testing

@Suite("Equal digests") struct EqualDigestsTests {
  @Test("Workers and threads do not change a step", arguments: [(2, 1), (1, 2), (2, 2)])
  func workersAndThreads(workers: Int, threads: Int) throws {
    let run = try TinyRun("workers.count=\(workers)", "workers.threads=\(threads)")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let metrics = try run.metrics()
    #expect(metrics.digests == (try ReferenceRun.digests()))
    #expect(metrics.count("joined", of: "worker-1") == 1)
    #expect(metrics.evaluations.map(\.step) == [0, 20, 40])
  }

  /// A model of 294 656 parameters, which travel in two chunks.
  private static let severalChunks = [
    "training.steps=10", "model.width=128", "model.decoderWidth=64",
  ]

  @Test(
    "So it is for every pair of codecs, and for parameters of several chunks",
    arguments: ["float32", "bfloat16"], ["float32", "bfloat16"])
  func codecs(gradients: String, parameters: String) throws {
    let overrides =
      Self.severalChunks + [
        "exchange.gradientCodec=\(gradients)", "exchange.parameterCodec=\(parameters)",
      ]
    let alone = try TinyRun(overrides)
    let together = try TinyRun(overrides + ["workers.count=2", "workers.threads=2"])
    #expect(try alone.startTraining().waitForEnd() == 0, "\(alone.log)")
    #expect(try together.startTraining().waitForEnd() == 0, "\(together.log)")
    let digests = try alone.metrics().digests
    #expect(digests.count == 10)
    #expect(try together.metrics().digests == digests)
  }

  @Test("Another seed gives other parameters at every step")
  func otherSeed() throws {
    let run = try TinyRun("run.seed=2")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let digests = try run.metrics().digests
    #expect(digests.count == TinyRun.steps)
    #expect(Set(digests).isDisjoint(with: try ReferenceRun.digests()))
  }

  @Test("The loss falls, also on held-out pairs")
  func learning() throws {
    let run = try TinyRun("training.steps=60")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let evaluations = try run.metrics().evaluations
    let first = try #require(evaluations.first)
    let last = try #require(evaluations.last)
    #expect(last.step == 60)
    #expect(last.weightedLoss < first.weightedLoss)
  }
}
