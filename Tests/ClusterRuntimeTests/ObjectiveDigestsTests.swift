// Every objective of the program keeps what is promised of NeighborMAE's runs: the same bits for
// any workers, threads and interruptions.

import Foundation
import TestSupport
import Testing

@Suite("Equal digests of every objective") struct ObjectiveDigestsTests {
  private static let shapes = [1, 2, 3].flatMap { workers in [1, 2].map { (workers, $0) } }

  /// Ten steps of one evaluation at each end.
  private static func run(_ objective: String, _ overrides: String...) throws -> TinyRun {
    try TinyRun(
      [
        "model.objective=\(objective)", "training.steps=10", "training.pairsPerMicrobatch=4",
        "evaluation.everySteps=0",
      ] + overrides)
  }

  @Test(
    "1, 2 and 3 workers of 1 and 2 threads come to the same steps, in one go and resumed",
    arguments: ["mae", "satmae++"])
  func shapes(objective: String) throws {
    let alone = try Self.run(objective)
    #expect(try alone.startTraining().waitForEnd() == 0, "\(alone.log)")
    let digests = try alone.metrics().digests
    #expect(digests.count == 10 && Set(digests).count == 10)
    for (workers, threads) in Self.shapes.dropFirst() {
      let run = try Self.run(
        objective, "workers.count=\(workers)", "workers.threads=\(threads)")
      let training = try run.startTraining()
      try run.waitForStep(2)
      training.kill()
      let resumed = try run.startResuming()
      #expect(try resumed.waitForEnd() == 0, "\(resumed.errors)")
      #expect(try run.metrics().digests == digests, "\(workers) workers, \(threads) threads")
    }
  }

  @Test("The loss falls, also on what is held out", arguments: ["mae", "satmae++"])
  func learning(objective: String) throws {
    let run = try TinyRun("model.objective=\(objective)", "training.steps=60")
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    let evaluations = try run.metrics().evaluations
    let (first, last) = (try #require(evaluations.first), try #require(evaluations.last))
    #expect(last.step == 60 && last.weightedLoss < first.weightedLoss)
  }
}
