// From reflectances, digital numbers or normalised pixels to what a screen shows. One stretch for
// all images of a picture, so that their colours can be compared.

/// For each shown band the values that become black and full.
package struct StretchToDisplay: Hashable, Sendable {
  /// Shares of the valid pixels that are darker than black and not brighter than full.
  package static let percentiles = (low: 0.02, high: 0.98)

  /// The bands that are shown as red, green and blue.
  package let bands: [Int]  // (3)
  package let low: [Float]  // (3)
  package let high: [Float]  // (3)

  /// - Parameters:
  ///   - images: pixels (C, S, S) and which of them hold data (S, S); values that are not finite
  ///     count as none.
  ///   - bands: three of the C, for red, green and blue; the same one three times for grey.
  package init(images: [(pixels: [Float], valid: [Bool])], bands: [Int]) {
    precondition(bands.count == 3)
    var low: [Float] = []
    var high: [Float] = []
    for band in bands {
      var values: [Float] = []
      for (pixels, valid) in images {
        let count = valid.count
        precondition(pixels.count % count == 0 && (band + 1) * count <= pixels.count)
        for index in 0..<count where valid[index] && pixels[band * count + index].isFinite {
          values.append(pixels[band * count + index])
        }
      }
      values.sort()
      low.append(Self.percentile(Self.percentiles.low, ofSorted: values) ?? 0)
      high.append(Self.percentile(Self.percentiles.high, ofSorted: values) ?? 1)
    }
    self.bands = bands
    self.low = low
    self.high = high
  }

  /// Ends that are known beforehand.
  /// - Precondition: three of each.
  package init(bands: [Int], low: [Float], high: [Float]) {
    precondition(bands.count == 3 && low.count == 3 && high.count == 3)
    self.bands = bands
    self.low = low
    self.high = high
  }

  /// Red, green and blue in [0, 1]. A band of one value only is shown as middle grey.
  /// - Parameters:
  ///   - pixels: (C, S, S).
  ///   - pixelCount: S·S.
  /// - Returns: (3, S, S).
  package func display(_ pixels: [Float], pixelCount: Int) -> [Float] {
    precondition(
      pixels.count % pixelCount == 0 && bands.allSatisfy { ($0 + 1) * pixelCount <= pixels.count })
    var shown: [Float] = []
    shown.reserveCapacity(3 * pixelCount)
    for (index, band) in bands.enumerated() {
      let range = high[index] - low[index]
      for value in pixels[band * pixelCount..<(band + 1) * pixelCount] {
        let share = range > 0 ? (value - low[index]) / range : 0.5
        shown.append(share > 0 ? min(share, 1) : 0)  // a NaN is black
      }
    }
    return shown
  }

  /// By linear interpolation between the two nearest; nil of nothing.
  private static func percentile(_ share: Double, ofSorted values: [Float]) -> Float? {
    guard let last = values.last else { return nil }
    let place = share * Double(values.count - 1)
    let index = Int(place)
    guard index + 1 < values.count else { return last }
    let rest = Float(place - Double(index))
    return values[index] + (values[index + 1] - values[index]) * rest
  }
}
