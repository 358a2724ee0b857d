// An objective that has nothing of a transformer, an image or a pair: what the seam for objectives
// must carry.

import Basics
import Objectives
import Tensors

/// Least squares in a few variables: Σ (w · x + b − y)².
final class LinearRegression: PretrainingObjective {
  /// Samples: (n, variables) and (n).
  struct Batch {
    var inputs: [[Float]] = []
    var targets: [Float] = []
  }

  static let variables = 6
  let measures = ObjectiveMeasures(
    training: [Measure("absoluteError", per: .pairs)],
    evaluation: [
      Measure("absoluteError", per: .pairs), Measure("errorOfZero", per: .hidden),
    ])
  let layout = ParameterLayout([
    ("weight", [1, variables], .matrix), ("bias", [1], .bias),
  ])
  private var residuals: [Float] = []

  func forward(parameters: FloatBuffer, batch: Batch) -> LossSums {
    residuals = zip(batch.inputs, batch.targets).map { input, target in
      input.indices.reduce(parameters.pointer[Self.variables] - target) {
        $0 + parameters.pointer[$1] * input[$1]
      }
    }
    return LossSums(
      weighted: residuals.reduce(0) { $0 + Double($1 * $1) }, hidden: residuals.count,
      pairs: residuals.count, measures: [residuals.reduce(0) { $0 + Double(abs($1)) }])
  }

  func evaluate(parameters: FloatBuffer, batch: Batch) -> LossSums {
    var sums = forward(parameters: parameters, batch: batch)
    sums.measures.append(batch.targets.reduce(0) { $0 + Double($1 * $1) })
    return sums
  }

  func backward(
    parameters: FloatBuffer, batch: Batch, gradient: FloatBuffer, scale: Float,
    onFinal: (_ lowerBound: Int) -> Void
  ) {
    for place in (0...Self.variables).reversed() {
      gradient.pointer[place] = residuals.indices.reduce(0) { sum, sample in
        let factor = place == Self.variables ? 1 : batch.inputs[sample][place]
        return sum + 2 * scale * residuals[sample] * factor
      }
      onFinal(place)
    }
  }
}
