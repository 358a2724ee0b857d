// How the share of hidden patches develops over a run. It belongs to the coordinator: each lease
// carries the bounds that hold for its step.

import Basics

package enum MaskRatioSchedule: Hashable, Sendable, Codable {
  /// The same bounds throughout; the paper's are 0.75 and 0.85.
  case constant(MaskRatioBounds)
  /// Both bounds move linearly from `start` to `end` over the first `steps` steps, then stay.
  case ramp(start: MaskRatioBounds, end: MaskRatioBounds, steps: Int)

  /// The bounds that evaluations use at every step, so that their losses can be compared.
  package var evaluationBounds: MaskRatioBounds {
    switch self {
    case .constant(let bounds): bounds
    case .ramp(_, let end, _): end
    }
  }

  package func bounds(at step: Step) -> MaskRatioBounds {
    switch self {
    case .constant(let bounds):
      return bounds
    case .ramp(let start, let end, let steps):
      let progress = steps > 0 ? min(1, Double(step.index) / Double(steps)) : 1
      func between(_ a: Float, _ b: Float) -> Float {
        Float(Double(a) + (Double(b) - Double(a)) * progress)
      }
      return MaskRatioBounds(
        minimum: between(start.minimum, end.minimum), maximum: between(start.maximum, end.maximum))
    }
  }
}
