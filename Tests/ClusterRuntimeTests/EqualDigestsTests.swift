// The same bits whatever the number of workers and threads.

import Compression
import Foundation
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

  private static let codecs = CodecKind.allCases
  private static let shapes = [1, 2, 3, 5].flatMap { workers in [1, 2].map { (workers, $0) } }

  @Test(
    "1, 2, 3 and 5 workers of 1 and 2 threads come to the same 50 steps, with every codec each way",
    arguments: zip(codecs, codecs.dropFirst() + codecs.prefix(1)))
  func everyShape(gradients: CodecKind, parameters: CodecKind) throws {
    let overrides = [
      "exchange.gradientCodec=\(gradients)", "exchange.parameterCodec=\(parameters)",
      "training.steps=50", "training.microbatchesPerStep=5", "training.pairsPerMicrobatch=1",
      "evaluation.everySteps=0", "checkpoints.everySteps=50",
    ]
    let all = try Self.shapes.map { workers, threads in
      try digests(of: overrides, workers: workers, threads: threads)
    }
    #expect(all[0].count == 50)
    for (shape, digests) in zip(Self.shapes, all) {
      #expect(digests == all[0], "\(shape.0) workers, each with \(shape.1) threads")
    }
  }

  /// Trains with workers that all stand ready before the first step.
  private func digests(of overrides: [String], workers: Int, threads: Int) throws -> [String] {
    let cluster = try StandaloneCluster(TinyRun(overrides))
    cluster.coordinator.send(signal: SIGSTOP)
    let programs = try (1...workers).map { number in
      try cluster.startWorker("worker-\(number)", threads: threads)
    }
    for program in programs { try program.waitForError("connects to") }
    cluster.coordinator.send(signal: SIGCONT)
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    for program in programs { #expect(try program.waitForEnd() == 0, "\(program.errors)") }
    let metrics = try cluster.run.metrics()
    #expect(metrics.steps.contains { $0.workers == workers })
    return metrics.digests
  }

  /// A model of 294 656 parameters, which travel in two chunks.
  private static let severalChunks = [
    "training.steps=10", "model.width=128", "model.decoderWidth=64",
  ]

  @Test(
    "So it is for parameters of several chunks and every pair of codecs",
    arguments: codecs, codecs)
  func manyChunks(gradients: CodecKind, parameters: CodecKind) throws {
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
