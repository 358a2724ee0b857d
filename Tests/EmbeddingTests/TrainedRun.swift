// The run whose features are tested.

import TestSupport
import Testing

/// A tiny run, trained once for all tests of a process.
enum TrainedRun {
  private static let outcome = Result {
    let run = try TinyRun("training.steps=5", "evaluation.everySteps=5")
    #expect(try run.startTraining().waitForEnd() == 0)
    return run
  }

  static func run() throws -> TinyRun { try outcome.get() }
}
