// A score and how far it could be otherwise.

/// A score and the interval that 95 % of those lie in that were drawn again.
package struct Interval: Hashable, Sendable, Codable {
  package let value: Double
  package let low: Double
  package let high: Double

  package init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }
}
