// Which parameters AdamW decays, and the flat vector cut where that changes, so that the update's
// inner loop asks nothing.

import Tensors

extension ParameterRole {
  /// Norms and biases are not decayed.
  var isDecayed: Bool {
    switch self {
    case .matrix, .token: true
    case .bias, .norm: false
    }
  }
}

/// Neighbouring tensors that are all decayed or all not.
struct DecayRun: Hashable {
  var range: Range<Int>
  let isDecayed: Bool
}

extension ParameterLayout {
  /// The runs of a range, in order.
  func decayRuns(in range: Range<Int>) -> [DecayRun] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    var runs: [DecayRun] = []
    for tensor in tensors {
      let part = tensor.range.clamped(to: range)
      if part.isEmpty { continue }
      let isDecayed = tensor.role.isDecayed
      if let last = runs.last, last.isDecayed == isDecayed {
        runs[runs.count - 1].range = last.range.lowerBound..<part.upperBound
      } else {
        runs.append(DecayRun(range: part, isDecayed: isDecayed))
      }
    }
    return runs
  }
}
