// What is suspicious in the statistics of bands. Pure.

import Basics
import Imagery
import Scenes

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

  /// Bands that do not vary in a scene and do in others: hidden there, or never filled in.
  /// - Parameter byScene: of each scene, of each band; empty for a scene without training chips.
  static func deadInScenes(
    _ bands: [BandDescription], _ byScene: [[RunningStatistics]], names: [String]
  ) -> [String] {
    var remarks = Remarks()
    for (index, band) in bands.enumerated() where band.standardDeviation > 0 {
      for (scene, statistics) in byScene.enumerated() {
        guard index < statistics.count, statistics[index].count > 1,
          statistics[index].minimum == statistics[index].maximum
        else { continue }
        let value = "\(band.name) is \(significant(statistics[index].mean))"
        remarks.add(
          "\(value) in every pixel of \(names[scene]): nothing can be learned from it there",
          scene: names[scene], kind: value)
      }
    }
    return remarks.texts
  }

  /// One note at most: on the first band in which two scenes' means lie far apart.
  /// - Parameter byScene: of each scene, of each band; empty for a scene without training chips.
  static func meansApart(
    _ bands: [BandDescription], _ byScene: [[RunningStatistics]], names: [String]
  ) -> [String] {
    let scenes = byScene.indices.filter { (byScene[$0].first?.count ?? 0) > 0 }
    for band in bands.indices {
      let varied = scenes.map { SeenValues(place: names[$0], byScene[$0][band]) }
        .filter { $0.deviation > 0 }
      let byMean = varied.indices.sorted { (varied[$0].mean, $0) < (varied[$1].mean, $1) }
      let byDeviation = varied.indices.sorted {
        (varied[$0].deviation, $0) < (varied[$1].deviation, $1)
      }
      for order in [byMean, byDeviation] {
        guard let first = order.first, let last = order.last else { continue }
        let (low, high) = (varied[first], varied[last])
        guard low.areFar(from: high) else { continue }
        return [low.note(onMeansOf: bands[band].name, besides: high)]
      }
    }
    return []
  }

  private static func significant(_ value: Double) -> String { SeenValues.significant(value) }
}

extension ValueHistogram {
  /// Values outside of a range, where a bin counts by its middle.
  func count(outside range: ClosedRange<Double>) -> Int {
    counts.indices.reduce(0) { sum, bin in
      counts[bin] == 0 || range.contains(middle(of: bin)) ? sum : sum + counts[bin]
    }
  }
}
