// Count, mean, deviation and extremes of a stream of numbers, in double precision and one pass over
// the data.

/// Statistics of the numbers seen so far.
package struct RunningStatistics: Hashable, Sendable {
  package private(set) var count = 0
  package private(set) var mean = 0.0
  /// Σ (v − mean)²
  package private(set) var squares = 0.0
  package private(set) var minimum = Double.infinity
  package private(set) var maximum = -Double.infinity

  package init() {}

  /// As they stand of numbers that were counted before; of none the others do not matter.
  /// - Precondition: `count` is not negative.
  package init(
    count: Int, mean: Double, standardDeviation: Double, minimum: Double, maximum: Double
  ) {
    precondition(count >= 0)
    guard count > 0 else { return }
    self.count = count
    self.mean = mean
    squares = standardDeviation * standardDeviation * Double(count)
    self.minimum = minimum
    self.maximum = maximum
  }

  /// As another process has found them.
  package init(count: Int, mean: Double, squares: Double, minimum: Double, maximum: Double) {
    self.count = count
    self.mean = mean
    self.squares = squares
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Of the population; 0 for no numbers.
  package var standardDeviation: Double {
    count == 0 ? 0 : (squares / Double(count)).squareRoot()
  }

  /// Adds the values whose mask is not 0. The values' own mean and squares are found in two passes
  /// and then merged (Chan, Golub and LeVeque, "Updating formulae …", 1979), which keeps every
  /// digit that matters.
  /// - Precondition: as many values as mask entries; masked-in values are finite.
  package mutating func add<Value>(
    _ values: UnsafeBufferPointer<Value>, where mask: UnsafeBufferPointer<UInt8>,
    _ convert: (Value) -> Double
  ) {
    precondition(values.count == mask.count)
    var part = RunningStatistics()
    var sum = 0.0
    for index in values.indices where mask[index] != 0 {
      let value = convert(values[index])
      part.count += 1
      sum += value
      part.minimum = min(part.minimum, value)
      part.maximum = max(part.maximum, value)
    }
    if part.count == 0 { return }
    part.mean = sum / Double(part.count)
    for index in values.indices where mask[index] != 0 {
      let difference = convert(values[index]) - part.mean
      part.squares += difference * difference
    }
    merge(part)
  }

  /// Adds what another one has seen.
  package mutating func merge(_ other: RunningStatistics) {
    if other.count == 0 { return }
    let total = count + other.count
    let difference = other.mean - mean
    let share = Double(other.count) / Double(total)
    squares += other.squares + difference * difference * Double(count) * share
    mean += difference * share
    count = total
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
  }
}
