// What makes numbers near 0 of a band's values, from the statistics of a dataset.

import Basics

extension BandDescription {
  /// The deviation of normally distributed values over the distance of their quartiles, inverted:
  /// 2 · Φ⁻¹(0.75) = 1.349.
  private static let quartileDistance = 1.349

  /// What is subtracted from a value, and what the difference is divided by: never 0.
  /// - Returns: nil where the dataset has no quantiles and they are asked for.
  package func scaling(
    by choice: PixelNormalization
  ) -> (center: Double, deviation: Double)? {
    let deviation = standardDeviation > 0 ? standardDeviation : 1
    switch choice {
    case .meanAndDeviation: return (mean, deviation)
    case .quantiles:
      guard let quantiles else { return nil }
      let robust = (quantiles.percent75 - quantiles.percent25) / Self.quartileDistance
      return (quantiles.median, robust > 0 ? robust : deviation)
    }
  }
}

/// What makes a band's values mean 0 and variance 1, or nearly so.
package struct Normalization: Hashable, Sendable {
  /// (bands): subtracted.
  package let mean: [Float]
  /// (bands), never 0
  package let standardDeviation: [Float]

  /// A deviation of 0, that of a constant band, counts as 1.
  /// - Precondition: as many means as deviations.
  package init(mean: [Float], standardDeviation: [Float]) {
    precondition(mean.count == standardDeviation.count)
    self.mean = mean
    self.standardDeviation = standardDeviation.map { $0 > 0 ? $0 : 1 }
  }

  /// By the mean and the deviation of a dataset's bands.
  package init(_ bands: [BandDescription]) {
    self.init(
      mean: bands.map { Float($0.mean) },
      standardDeviation: bands.map { Float($0.standardDeviation) })
  }

  /// By the statistics that are asked for.
  /// - Throws: `DatasetError` where the dataset does not have them.
  package init(_ bands: [BandDescription], by choice: PixelNormalization) throws(DatasetError) {
    var scalings: [(center: Double, deviation: Double)] = []
    for band in bands {
      guard let scaling = band.scaling(by: choice) else {
        throw DatasetError.noQuantiles(band: band.name)
      }
      scalings.append(scaling)
    }
    self.init(
      mean: scalings.map { Float($0.center) },
      standardDeviation: scalings.map { Float($0.deviation) })
  }
}
