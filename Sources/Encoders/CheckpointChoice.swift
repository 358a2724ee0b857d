// Which of a run's checkpoints an encoder is taken from.

import Basics
import Checkpoints
import Observability
import TrainingRun

/// Which of a run's checkpoints is meant.
package enum CheckpointChoice: Hashable, Sendable {
  /// The newest valid one.
  case newest
  /// Of those that are there, the one with the lowest held-out loss; of equals the earliest.
  case best
  /// The running average of the parameters in the newest valid one.
  case average
  /// The one after a step.
  case step(Step)

  /// `newest`, `best`, `average`, or the number of a step; nil for other words.
  package init?(word: String) {
    switch word {
    case "newest": self = .newest
    case "best": self = .best
    case "average": self = .average
    default:
      guard let number = UInt32(word) else { return nil }
      self = .step(Step(number))
    }
  }

  /// Finds the checkpoint and verifies every byte of it.
  /// - Parameter remark: told of newer ones that are damaged, in a sentence.
  /// - Throws: `RunError` where there is none; what is wrong with the one that is meant.
  package func checkpoint(
    of run: RunFolder, remark: (String) -> Void = { _ in }
  ) throws -> Checkpoint {
    let store = CheckpointStore(reading: run.checkpoints)
    let steps = try store.list()
    guard !steps.isEmpty else {
      throw RunError(
        description: "\(run.path) has no checkpoint yet; the first one comes after "
          + "checkpoints.everySteps steps")
    }
    switch self {
    case .newest, .average:
      let newest = try store.newestValid()
      guard let checkpoint = newest.checkpoint else {
        let reasons = newest.rejected.map(\.reason).joined(separator: "; ")
        throw RunError(description: "\(run.path) has no valid checkpoint: \(reasons)")
      }
      for damaged in newest.rejected {
        remark(
          "the checkpoint of step \(damaged.step) is passed over for that of step "
            + "\(checkpoint.step): \(damaged.reason)")
      }
      return checkpoint
    case .step(let step):
      guard steps.contains(step) else {
        throw RunError(
          description: "\(run.path) has no checkpoint of step \(step); there are those of "
            + HumanFormat.numbered("step", steps.map(\.index)))
      }
      return try store.checkpoint(of: step)
    case .best: return try store.checkpoint(of: Self.best(of: run, among: steps))
    }
  }

  private static func best(of run: RunFolder, among steps: [Step]) throws -> Step {
    let there = Set(steps)
    let losses = try MetricsReader.entries(inFileAt: run.metrics).compactMap { entry in
      entry.kind == EvaluationRecord.kind && there.contains(entry.step)
        ? entry.number("weightedLoss").map { (loss: $0, step: entry.step) } : nil
    }
    guard let best = losses.min(by: { ($0.loss, $0.step) < ($1.loss, $1.step) }) else {
      throw RunError(
        description: "no checkpoint of \(run.path) has a held-out loss; take one by its step: "
          + "there are those of " + HumanFormat.numbered("step", steps.map(\.index)))
    }
    return best.step
  }
}
