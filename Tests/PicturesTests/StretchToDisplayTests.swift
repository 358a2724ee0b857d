// How bands' values become shades of a display.

import Pictures
import Testing

@Suite("Stretch to display") struct StretchToDisplayTests {
  /// Two bands of 101 pixels: 0…100, and a constant 7.
  private let ramp = (0...100).map { Float($0) } + [Float](repeating: 7, count: 101)
  private let allValid = [Bool](repeating: true, count: 101)

  @Test("Black is the 2nd and full the 98th percentile of each band")
  func percentiles() {
    let stretch = StretchToDisplay(images: [(ramp, allValid)], bands: [0, 1, 0])
    #expect(stretch.low == [2, 7, 2])
    #expect(stretch.high == [98, 7, 98])
    let shown = stretch.display(ramp, pixelCount: 101)
    #expect(shown.count == 303)
    #expect([shown[0], shown[2], shown[50], shown[98], shown[100]] == [0, 0, 0.5, 1, 1])
    #expect(shown[101..<202].allSatisfy { $0 == 0.5 })
  }

  @Test("Between two values a percentile is interpolated")
  func interpolated() {
    let stretch = StretchToDisplay(images: [([0, 50], [true, true])], bands: [0, 0, 0])
    #expect(stretch.low == [1, 1, 1] && stretch.high == [49, 49, 49])
  }

  @Test("Pixels without data and values that are no numbers do not count")
  func noData() {
    let pixels: [Float] = [-9999, 1, 3, .nan, .infinity]
    let stretch = StretchToDisplay(
      images: [(pixels, [false, true, true, true, true])], bands: [0, 0, 0])
    #expect(stretch.low[0] == 1.04 && stretch.high[0] == 2.96)
    #expect(Array(stretch.display(pixels, pixelCount: 5)[0..<5]) == [0, 0, 1, 0, 1])
  }

  @Test("All images share one stretch")
  func shared() {
    let stretch = StretchToDisplay(
      images: [([0], [true]), ([100], [true])], bands: [0, 0, 0])
    #expect(stretch.display([50], pixelCount: 1) == [0.5, 0.5, 0.5])
  }

  @Test("Without any data, 0 is black and 1 full")
  func nothing() {
    let stretch = StretchToDisplay(images: [([5], [false])], bands: [0, 0, 0])
    #expect(stretch.display([0.25], pixelCount: 1) == [0.25, 0.25, 0.25])
  }
}
