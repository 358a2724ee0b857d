// How far a run is and how fast it goes, for the records of its steps. No number depends on it.

import Basics
import Coordination
import Observability

package struct StepForecast: Sendable {
  /// Of the whole run.
  private let steps: Int
  private var pace = Pace()

  package init(steps: Int) { self.steps = steps }

  /// What is to be noted of a step that took so long, those before it known.
  package mutating func course(of commit: StepCommit, seconds: Double) -> StepCourse {
    if seconds.isFinite && seconds >= 0 { pace.add(seconds) }
    let left = max(0, steps - commit.position.step.index)
    return StepCourse(remainingSeconds: pace.median.map { $0 * Double(left) })
  }
}
