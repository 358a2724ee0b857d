// The inner loop of AdamW: everything that an update does to a run of values, in one pass.

/// The numbers of one step of AdamW, in the precision of the vectors.
package struct AdamWKernel: Sendable {
  /// What the gradient is multiplied with first.
  package var gradientScale: Float
  /// What is left of a parameter by decay: 1 − learning rate · decay.
  package var keep: Float
  package var oneMinusBeta1: Float
  package var beta2: Float
  package var oneMinusBeta2: Float
  /// √(1 − β₂ᵗ).
  package var rootCorrection: Float
  package var epsilon: Float
  /// Learning rate / (1 − β₁ᵗ).
  package var stepSize: Float

  package init(
    gradientScale: Float, keep: Float, oneMinusBeta1: Float, beta2: Float, oneMinusBeta2: Float,
    rootCorrection: Float, epsilon: Float, stepSize: Float
  ) {
    self.gradientScale = gradientScale
    self.keep = keep
    self.oneMinusBeta1 = oneMinusBeta1
    self.beta2 = beta2
    self.oneMinusBeta2 = oneMinusBeta2
    self.rootCorrection = rootCorrection
    self.epsilon = epsilon
    self.stepSize = stepSize
  }

  /// Parameters of this size and more count as not finite: below it neither the difference of two
  /// of them nor one moved by such a difference leaves the range of a float.
  package static let parameterLimit: Float = 0x1p126

  /// m += (g − m)(1 − β₁); v = β₂ v + (1 − β₂) g²;
  /// p = keep · p − stepSize · m / (√v / rootCorrection + ε).
  /// - Returns: whether all results are finite, and the parameters below `parameterLimit`.
  package static func apply(
    _ k: AdamWKernel, master: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>, count: Int
  ) -> Bool {
    // 0 · x is 0 for numbers and not a number for everything else, and that spreads to the sum; 4 ·
    // p is infinite from the limit on.
    let (zero, four) = (Vector(), Vector(repeating: 4))
    var (parameters, moments) = (zero, zero)
    @inline(__always)
    func updateLanes(_ i: Int, _ n: Int) {
      let g = gradient.lanes(at: i, count: n) * k.gradientScale
      var m = firstMoment.lanes(at: i, count: n)
      m = m.addingProduct(g - m, Vector(repeating: k.oneMinusBeta1))
      let v = (g * g * k.oneMinusBeta2).addingProduct(
        secondMoment.lanes(at: i, count: n), Vector(repeating: k.beta2))
      let denominator = v.squareRoot() / k.rootCorrection + k.epsilon
      let kept = master.lanes(at: i, count: n) * k.keep
      firstMoment.storeLanes(m, at: i, count: n)
      secondMoment.storeLanes(v, at: i, count: n)
      let p = kept.addingProduct(m / denominator, Vector(repeating: -k.stepSize))
      master.storeLanes(p, at: i, count: n)
      parameters = parameters.addingProduct(p * four, zero)
      moments = moments.addingProduct(m, zero).addingProduct(v, zero)
    }
    forEachVector(count, updateLanes)
    return parameters + moments == zero
  }

  /// The definition: the same update of one value, in plain scalar arithmetic.
  package func update(
    master: inout Float, gradient: Float, firstMoment: inout Float, secondMoment: inout Float
  ) {
    let g = gradient * gradientScale
    firstMoment += (g - firstMoment) * oneMinusBeta1
    secondMoment = beta2 * secondMoment + oneMinusBeta2 * g * g
    let denominator = secondMoment.squareRoot() / rootCorrection + epsilon
    master = master * keep - stepSize * (firstMoment / denominator)
  }
}
