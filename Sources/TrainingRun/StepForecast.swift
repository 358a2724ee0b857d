// How far a run is and how fast it goes, for the records of its steps. No number depends on it.

import Basics
import Coordination
import MaskedAutoencoding
import Observability

package struct StepForecast: Sendable {
  /// Of the whole run.
  private let steps: Int
  private let model: ModelConfiguration
  private let imagesPerSample: Int
  private var pace = Pace()

  package init(steps: Int, model: ModelConfiguration, imagesPerSample: Int) {
    self.steps = steps
    self.model = model
    self.imagesPerSample = imagesPerSample
  }

  /// What is to be noted of a step that took so long, those before it known.
  package mutating func course(of commit: StepCommit, seconds: Double) -> StepCourse {
    if seconds.isFinite && seconds >= 0 { pace.add(seconds) }
    let left = max(0, steps - commit.position.step.index)
    return StepCourse(
      operations: operations(commit.outcome),
      remainingSeconds: pace.median.map { $0 * Double(left) })
  }

  /// Of a step's products, by the mean of what was hidden. That they grow a little faster than the
  /// patches that are seen is left out. Nil where an objective does not tell what it hides.
  private func operations(_ outcome: StepOutcome) -> Double? {
    guard let hidden = outcome.means.first(where: { $0.measure.name == Self.maskRatio })?.value,
      (0...1).contains(hidden)
    else { return nil }
    let visible = Int((Double(model.patchesPerImage) * (1 - hidden)).rounded())
    let sample = StepOperations(model, visibleCounts: [visible], imagesPerSequence: imagesPerSample)
    return sample.operations * Double(outcome.sums.pairs)
  }

  private static let maskRatio = "meanMaskRatio"
}
