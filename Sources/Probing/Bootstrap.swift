// How far a score could be otherwise had other places been drawn: percentiles over resampled
// places, or over resampled blocks of them where places near each other are alike.

import Basics

/// Resampling with replacement.
package struct Bootstrap: Hashable, Sendable {
  /// Resampled scores.
  package var count: Int
  package var seed: UInt64

  package init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }

  /// How often each unit is drawn, for each resampling: as many draws as there are units.
  /// - Parameter body: takes the numbers of the drawn units.
  package func forEach(units: Int, _ body: (_ drawn: [Int]) -> Void) {
    for number in 0..<count {
      var random = CounterRandom(seed: seed, purpose: .bootstrap, UInt32(number))
      body((0..<units).map { _ in random.index(below: units) })
    }
  }

  /// The interval of a score from its resampled values; those that are not finite are left out.
  package static func interval(_ value: Double, resampled: [Double]) -> Interval {
    let sorted = resampled.filter(\.isFinite).sorted()
    return Interval(
      value: value, low: percentile(0.025, of: sorted) ?? value,
      high: percentile(0.975, of: sorted) ?? value)
  }

  /// By linear interpolation between the two nearest, as numpy has it; nil of nothing.
  private static func percentile(_ share: Double, of sorted: [Double]) -> Double? {
    guard let last = sorted.last else { return nil }
    let place = share * Double(sorted.count - 1)
    let index = Int(place)
    guard index + 1 < sorted.count else { return last }
    return sorted[index] + (sorted[index + 1] - sorted[index]) * (place - Double(index))
  }
}
