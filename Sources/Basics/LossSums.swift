// What a microbatch, a step or an evaluation amounts to. Sums and not means: microbatches are added
// before anything is divided. Not here: what the measures of an objective are (`Measure`).

/// Sums over pairs, in double precision and in the order of the pairs. An objective without pairs
/// or hidden pixels counts its samples, and what its loss is a mean over.
public struct LossSums: Hashable, Sendable {
  /// Σ weight · error over hidden pixels: the sum that is minimised.
  public var weighted: Double
  /// What the sum and its gradient are divided by: the hidden pixels that were measured.
  public var hidden: Int
  /// How many pairs were summed.
  public var pairs: Int
  /// The sums of what the objective measures beside its loss, in the order of its `Measure`s.
  public var measures: [Double]

  /// All sums are zero unless given.
  public init(weighted: Double = 0, hidden: Int = 0, pairs: Int = 0, measures: [Double] = []) {
    self.weighted = weighted
    self.hidden = hidden
    self.pairs = pairs
    self.measures = measures
  }

  /// The loss that is minimised; 0 when nothing was hidden.
  public var loss: Double { weighted / Double(max(1, hidden)) }

  /// Whether every sum is finite.
  public var isFinite: Bool { weighted.isFinite && measures.allSatisfy(\.isFinite) }

  /// The means of the measures, given what these are; 0 of nothing.
  public func means(of measures: [Measure]) -> [MeasuredMean] {
    zip(measures, self.measures).map { measure, sum in
      let count =
        switch measure.divisor {
        case .hidden: hidden
        case .pairs: pairs
        }
      return MeasuredMean(measure, sum / Double(max(1, count)))
    }
  }

  /// The mean of one measure; nil where there is none of that name.
  public func mean(of name: String, in measures: [Measure]) -> Double? {
    means(of: measures).first { $0.measure.name == name }?.value
  }

  /// Adds sums of the same measures; sums of none count as zeros.
  public static func += (a: inout LossSums, b: LossSums) {
    a.weighted += b.weighted
    a.hidden += b.hidden
    a.pairs += b.pairs
    for (place, sum) in b.measures.enumerated() {
      if place == a.measures.count { a.measures.append(0) }
      a.measures[place] += sum
    }
  }
}
