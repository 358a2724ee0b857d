// Whether values of one band, seen in two places, can be in one unit. Pure.

import Foundation

/// Values of a band somewhere.
package struct SeenValues {
  /// Where they were seen, as a sentence names it.
  package let place: String
  package let mean: Double
  package let deviation: Double

  package init(place: String, mean: Double, deviation: Double) {
    self.place = place
    self.mean = mean
    self.deviation = deviation
  }

  package init(place: String, _ statistics: RunningStatistics) {
    self.init(
      place: place, mean: statistics.mean, deviation: statistics.standardDeviation)
  }

  /// Means further apart than so many deviations are of other units, or of another ground.
  private static let farApart = 10.0
  /// Deviations of the same bands on other grounds differ by less than so much.
  private static let otherUnits = 30.0

  /// Whether they lie many deviations from others: of the wider ones, or, where deviations differ
  /// by more than grounds make them, of both in the geometric mean. Of values that do not vary
  /// nobody can say it.
  package func areFar(from other: SeenValues) -> Bool {
    guard deviation > 0 && other.deviation > 0 else { return false }
    let distance = abs(mean - other.mean)
    let large = max(deviation, other.deviation)
    let small = min(deviation, other.deviation)
    return distance > Self.farApart * large
      || distance > Self.farApart * (large * small).squareRoot()
        && large > Self.otherUnits * small
  }

  /// "the means of red lie many deviations apart: 40 ± 12 in a, 3400 ± 900 in b. Are they in one
  /// unit?"
  package func note(onMeansOf band: String, besides other: SeenValues) -> String {
    "the means of \(band) lie many deviations apart: \(text), \(other.text). "
      + "Are they in one unit?"
  }

  private var text: String {
    "\(Self.significant(mean)) ± \(Self.significant(deviation)) in \(place)"
  }

  /// Two digits that matter: "0.045", "2.8e+28".
  package static func significant(_ value: Double) -> String {
    let whole = abs(value) >= 10 && abs(value) < 1e6
    return whole ? "\(Int(value.rounded()))" : String(format: "%.2g", value)
  }
}
