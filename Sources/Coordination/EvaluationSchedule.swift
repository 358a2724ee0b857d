// After which steps a run is evaluated on held-out shards. Not whether there are any.

import Basics

package struct EvaluationSchedule: Sendable {
  /// Every so many steps; 0 is only at the end.
  private let interval: Int
  private let last: Step

  /// - Parameters:
  ///   - interval: evaluate every so many steps; 0 is only at the end.
  ///   - last: the run's last step, which is always evaluated.
  package init(every interval: Int, last: Step) {
    self.interval = interval
    self.last = last
  }

  /// Whether an evaluation is made on the parameters of a step.
  package func isDue(at step: Step) -> Bool {
    step >= last || (interval > 0 && step.index % interval == 0)
  }

  /// The steps before one whose evaluation was made and has no record any more.
  /// - Parameters:
  ///   - isRecorded: whether a step's evaluation has a record.
  ///   - isSkipped: whether the numbers of the step after it show that it was not made, because its
  ///     shards were lost; nil when nothing is known of it.
  package func lost(
    before end: Step, isRecorded: (Step) -> Bool, isSkipped: (Step) -> Bool?
  ) -> [Step] {
    guard interval > 0 else { return [] }
    return stride(from: 0, to: end.index, by: interval).map(Step.init(index:)).filter {
      !isRecorded($0) && isSkipped($0) == false
    }
  }
}
