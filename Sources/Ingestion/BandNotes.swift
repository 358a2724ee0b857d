// What is suspicious in the statistics of bands. Pure.

import Basics
import Foundation
import Imagery

enum BandNotes {
  static func notes(_ bands: [BandDescription], _ histograms: [ValueHistogram]) -> [String] {
    zip(bands, histograms).compactMap { band, histogram in
      if band.count > 0 && band.standardDeviation == 0 {
        return "\(band.name) is \(significant(band.mean)) in every pixel: nothing can be learned "
          + "from it"
      }
      return outliers(band, histogram)
    }
  }

  /// A deviation wider than the middle 98 % of the values is made by the others.
  private static func outliers(_ band: BandDescription, _ histogram: ValueHistogram) -> String? {
    guard let middle = band.quantiles, middle.percent99 > middle.percent1 else { return nil }
    let width = middle.percent99 - middle.percent1
    guard band.standardDeviation > width else { return nil }
    let share =
      Double(histogram.count(outside: middle.percent1 - width...middle.percent99 + width))
      / Double(band.count)
    return "the deviation of \(band.name) (\(significant(band.standardDeviation))) is carried by "
      + "\(HumanFormat.shortPercent(max(share, 0.001))) of its pixels; the middle 98 % lie from "
      + "\(significant(middle.percent1)) to \(significant(middle.percent99))"
  }

  /// Means further apart than so many deviations are of other units, or of another ground.
  private static let farApart = 10.0
  /// Deviations of the same bands on other grounds differ by less than so much.
  private static let otherUnits = 30.0

  /// One note at most: on the first band in which two scenes' means lie far apart.
  /// - Parameter byScene: of each scene, of each band; empty for a scene without training chips.
  static func meansApart(
    _ bands: [BandDescription], _ byScene: [[RunningStatistics]], names: [String]
  ) -> [String] {
    let scenes = byScene.indices.filter { (byScene[$0].first?.count ?? 0) > 0 }
    for band in bands.indices {
      func mean(_ scene: Int) -> Double { byScene[scene][band].mean }
      func deviation(_ scene: Int) -> Double { byScene[scene][band].standardDeviation }
      let varied = scenes.filter { deviation($0) > 0 }
      let byMean = varied.sorted { (mean($0), $0) < (mean($1), $1) }
      let byDeviation = varied.sorted { (deviation($0), $0) < (deviation($1), $1) }
      for order in [byMean, byDeviation] {
        guard let low = order.first, let high = order.last, low != high else { continue }
        let distance = abs(mean(low) - mean(high))
        let large = max(deviation(low), deviation(high))
        let small = min(deviation(low), deviation(high))
        guard
          distance > farApart * large
            || distance > farApart * (large * small).squareRoot() && large > otherUnits * small
        else { continue }
        return [
          "the means of \(bands[band].name) lie many deviations apart: "
            + "\(significant(mean(low))) ± \(significant(deviation(low))) in \(names[low]), "
            + "\(significant(mean(high))) ± \(significant(deviation(high))) in \(names[high]). "
            + "Are they in one unit?"
        ]
      }
    }
    return []
  }

  /// Two digits that matter: "0.045", "2.8e+28".
  static func significant(_ value: Double) -> String {
    let whole = abs(value) >= 10 && abs(value) < 1e6
    return whole ? "\(Int(value.rounded()))" : String(format: "%.2g", value)
  }
}

extension ValueHistogram {
  /// Values outside of a range, where a bin counts by its middle.
  func count(outside range: ClosedRange<Double>) -> Int {
    counts.indices.reduce(0) { sum, bin in
      counts[bin] == 0 || range.contains(middle(of: bin)) ? sum : sum + counts[bin]
    }
  }
}
