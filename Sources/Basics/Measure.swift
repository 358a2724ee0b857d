// What an objective measures beside its loss, by name. Not here: how it is measured.

/// A number that an objective tells of its microbatches, as a mean.
public struct Measure: Hashable, Sendable {
  /// What a sum is divided by.
  public enum Divisor: Hashable, Sendable {
    /// What the loss is divided by: `LossSums.hidden`.
    case hidden
    /// `LossSums.pairs`.
    case pairs
  }

  /// The key in the metrics, for example `plainLoss`.
  public let name: String
  /// What its sums are divided by.
  public let divisor: Divisor
  /// What stands before the value where people read it; nil where it is left out there.
  public let caption: String?
  /// Decimal places for people.
  public let places: Int
  /// What is wrong with the data where it rounds to 0; nil for a measure that may be 0.
  public let meaningOfZero: String?

  /// - Parameters:
  ///   - name: the key in the metrics.
  ///   - divisor: what its sums are divided by.
  ///   - caption: what stands before the value where people read it; nil to leave it out there.
  ///   - places: decimal places for people.
  ///   - meaningOfZero: what is wrong with the data where it rounds to 0; nil where it may be 0.
  public init(
    _ name: String, per divisor: Divisor, caption: String? = nil, places: Int = 4,
    meaningOfZero: String? = nil
  ) {
    self.name = name
    self.divisor = divisor
    self.caption = caption
    self.places = places
    self.meaningOfZero = meaningOfZero
  }
}

/// The mean of a measure over a step or an evaluation.
public struct MeasuredMean: Hashable, Sendable {
  /// What was measured.
  public let measure: Measure
  /// Its sum over its divisor.
  public var value: Double

  /// What it says of the data that it rounds to 0, where it does; nil else.
  public var warning: String? {
    let shown = HumanFormat.decimal(abs(value), places: measure.places)
    return shown.allSatisfy { "0.".contains($0) } ? measure.meaningOfZero : nil
  }

  /// - Parameters:
  ///   - measure: what was measured.
  ///   - value: the mean.
  public init(_ measure: Measure, _ value: Double) {
    self.measure = measure
    self.value = value
  }
}

/// All measures of an objective, in the order of `LossSums.measures`.
public struct ObjectiveMeasures: Hashable, Sendable {
  /// Of a microbatch that is trained on.
  public let training: [Measure]
  /// Of a microbatch that is evaluated.
  public let evaluation: [Measure]

  /// - Parameters:
  ///   - training: of a microbatch that is trained on.
  ///   - evaluation: of a microbatch that is evaluated.
  public init(training: [Measure], evaluation: [Measure]) {
    self.training = training
    self.evaluation = evaluation
  }

  /// The loss alone.
  public static let none = ObjectiveMeasures(training: [], evaluation: [])
}
