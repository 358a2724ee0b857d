// Which step has done best on held-out pairs so far, for `checkpoints.keepBest`. That its
// checkpoint stays is the business of `CheckpointRetention`.

import Basics
import Observability

/// The lowest held-out loss among the steps that have a checkpoint, and where it was measured. It
/// is part of a run's state, so that a run that goes on, from wherever, keeps the same one.
package struct BestEvaluation: Codable, Hashable, Sendable {
  /// The step after which it was measured.
  package let step: Step
  /// What is minimised.
  package let loss: Double

  package init(step: Step, loss: Double) {
    self.step = step
    self.loss = loss
  }

  /// The better one of both; of equals the earlier.
  /// - Parameters:
  ///   - best: so far.
  ///   - entry: an evaluation; nil when none was made.
  ///   - interval: of checkpoints, in steps: an evaluation of another step has none.
  package static func better(
    of best: BestEvaluation?, and entry: MetricsEntry?, interval: Int
  ) -> BestEvaluation? {
    guard let entry, entry.step.index > 0, entry.step.index % interval == 0,
      let loss = entry.number("weightedLoss"), loss.isFinite
    else { return best }
    if let best, best.loss <= loss { return best }
    return BestEvaluation(step: entry.step, loss: loss)
  }
}
