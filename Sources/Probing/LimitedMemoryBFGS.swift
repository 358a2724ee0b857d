// L-BFGS with a strong Wolfe line search: the smallest value of a smooth function of many numbers.
// Nocedal and Wright, "Numerical Optimization", 2nd edition, algorithms 7.4, 7.5, 3.5 and 3.6.

/// How a minimum is looked for.
package struct LimitedMemoryBFGS: Sendable {
  /// Steps whose gradients are remembered.
  package var history = 10
  package var iterationLimit = 4000
  /// Converged when no part of the gradient is larger.
  package var gradientTolerance = 1e-8
  /// Converged, too, when a step changes the value by less, or no number by more; 0 to go on.
  package var changeTolerance = 0.0

  package init() {}

  /// As PyTorch's `LBFGS` ends.
  package init(iterationLimit: Int, gradientTolerance: Double, changeTolerance: Double) {
    self.iterationLimit = iterationLimit
    self.gradientTolerance = gradientTolerance
    self.changeTolerance = changeTolerance
  }

  /// How a search ended.
  package struct Outcome: Hashable, Sendable {
    package let iterations: Int
    /// The largest part of the gradient where it ended.
    package let gradient: Double
    /// Whether it ended by a tolerance, and not at its limit of iterations.
    package let isConverged: Bool
  }

  private static let (sufficientDecrease, curvature) = (1e-4, 0.9)
  private static let trialLimit = 40
  /// Share of a value by which rounding may raise it.
  private static let slack = 1e-14

  /// Where a search is.
  private struct Place {
    var x: [Double]
    var value: Double
    var gradient: [Double]
  }

  /// A step, and what it added to the gradient.
  private struct Correction {
    let step: [Double]
    let change: [Double]
    let inverse: Double
  }

  /// Moves `x` to a minimum.
  /// - Parameter evaluate: the function's value at a place, and its gradient, written whole.
  package func minimize(
    _ x: inout [Double], _ evaluate: (_ x: [Double], _ gradient: inout [Double]) -> Double
  ) -> Outcome {
    var gradient = [Double](repeating: 0, count: x.count)
    let value = evaluate(x, &gradient)
    var place = Place(x: x, value: value, gradient: gradient)
    var corrections: [Correction] = []
    var (iteration, isSettled) = (0, false)
    while iteration < iterationLimit {
      if largest(place.gradient) <= gradientTolerance { break }
      var direction = descent(place.gradient, corrections)
      if dot(direction, place.gradient) >= 0 {
        corrections = []
        direction = place.gradient.map { -$0 }
      }
      let first =
        corrections.isEmpty ? min(1, 1 / place.gradient.reduce(0) { $0 + abs($1) }) : 1
      guard let next = search(from: place, along: direction, first: first, evaluate) else {
        // The direction leads nowhere: once more from the gradient alone, or it is over.
        if corrections.isEmpty { break }
        corrections = []
        continue
      }
      let step = zip(next.x, place.x).map { $0 - $1 }
      let turn = zip(next.gradient, place.gradient).map { $0 - $1 }
      let product = dot(step, turn)
      if product > 1e-300 {
        if corrections.count == history { corrections.removeFirst() }
        corrections.append(Correction(step: step, change: turn, inverse: 1 / product))
      }
      let change = abs(place.value - next.value)
      place = next
      iteration += 1
      if change < changeTolerance || largest(step) <= changeTolerance {
        isSettled = true
        break
      }
    }
    x = place.x
    let rest = largest(place.gradient)
    return Outcome(
      iterations: iteration, gradient: rest,
      isConverged: isSettled || rest <= gradientTolerance)
  }

  /// The two-loop recursion.
  private func descent(_ gradient: [Double], _ corrections: [Correction]) -> [Double] {
    var q = gradient
    var shares: [Double] = []
    for correction in corrections.reversed() {
      let share = correction.inverse * dot(correction.step, q)
      shares.append(share)
      add(-share, correction.change, to: &q)
    }
    if let last = corrections.last {
      let scale = 1 / (last.inverse * dot(last.change, last.change))
      for index in q.indices { q[index] *= scale }
    }
    for (correction, share) in zip(corrections, shares.reversed()) {
      let other = correction.inverse * dot(correction.change, q)
      add(share - other, correction.step, to: &q)
    }
    return q.map { -$0 }
  }

  /// One trial along a line.
  private struct Trial {
    let length: Double
    let place: Place
    let slope: Double
  }

  /// A place that fulfils the strong Wolfe conditions; nil where none is found.
  private func search(
    from start: Place, along direction: [Double], first: Double,
    _ evaluate: ([Double], inout [Double]) -> Double
  ) -> Place? {
    let slope = dot(direction, start.gradient)
    let slack = Self.slack * max(1, abs(start.value))
    func trial(_ length: Double) -> Trial {
      var place = start
      add(length, direction, to: &place.x)
      place.value = evaluate(place.x, &place.gradient)
      return Trial(length: length, place: place, slope: dot(direction, place.gradient))
    }
    func isTooHigh(_ trial: Trial) -> Bool {
      !(trial.place.value
        <= start.value + Self.sufficientDecrease * trial.length * slope + slack)
    }
    func isFlat(_ trial: Trial) -> Bool { abs(trial.slope) <= -Self.curvature * slope }

    var low = Trial(length: 0, place: start, slope: slope)
    var high: Trial?
    var length = first
    for _ in 0..<Self.trialLimit {
      let tried = trial(length)
      if isTooHigh(tried) || (low.length > 0 && tried.place.value > low.place.value + slack) {
        high = tried
      } else if isFlat(tried) {
        return tried.place
      } else if let other = high {
        if tried.slope * (other.length - low.length) >= 0 { high = low }
        low = tried
      } else if tried.slope >= 0 {
        high = low
        low = tried
      } else {
        low = tried
      }
      if let high {
        length = Self.between(low, high)
        if abs(high.length - low.length) <= 1e-16 * max(1, low.length) { break }
      } else {
        length = 2 * low.length
      }
    }
    return low.length > 0 ? low.place : nil
  }

  /// Where the cubic through two trials is lowest, kept away from both ends.
  private static func between(_ a: Trial, _ b: Trial) -> Double {
    let width = b.length - a.length
    let first = a.slope + b.slope - 3 * (b.place.value - a.place.value) / width
    let root = (first * first - a.slope * b.slope).squareRoot() * (width < 0 ? -1 : 1)
    let share = 1 - (b.slope + root - first) / (b.slope - a.slope + 2 * root)
    guard share.isFinite else { return a.length + 0.5 * width }
    return a.length + min(max(share, 0.1), 0.9) * width
  }

  private func largest(_ values: [Double]) -> Double {
    values.reduce(0) { max($0, abs($1)) }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }

  private func add(_ factor: Double, _ values: [Double], to sum: inout [Double]) {
    for index in sum.indices { sum[index] += factor * values[index] }
  }
}
