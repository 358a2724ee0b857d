// A flat frame of the whole globe, for planning over several coordinate systems. Pure.

import Basics

/// Longitude and the sine of the latitude: Lambert's cylindrical equal-area projection of the
/// sphere (Snyder, "Map projections: a working manual", 1987, 10-1 and 10-2), in radians. The map
/// is cut open where the fewest places are: in the middle of the widest range of longitudes
/// without any.
package struct GlobeFrame {
  /// The longitude at the left edge of the map, in degrees.
  package let seam: Double

  /// Slots of longitude that are told apart when the seam is chosen.
  private static let slots = 3600

  /// A frame for chips by their corners. Where they leave no gap, it is cut at −180 degrees.
  package init(for chips: some Sequence<GeographicCorners>) {
    var isTaken = [Bool](repeating: false, count: Self.slots)
    for corners in chips {
      for point in corners.points { isTaken[Self.slot(point.longitude)] = true }
    }
    seam = Self.middleOfGap(isTaken)
  }

  /// The box of a chip by its corners; one around a pole has all longitudes and ends at the pole.
  package func box(_ corners: GeographicCorners) -> Footprint {
    let points = corners.points
    // Longitudes that do not jump from a corner to the next.
    var longitudes = [points[0].longitude]
    for (one, next) in zip(points, points.dropFirst() + [points[0]]) {
      longitudes.append(longitudes[longitudes.count - 1] + Self.step(one, next))
    }
    let turn = longitudes.removeLast() - longitudes[0]
    let sines = points.map { PortableMath.sineCosine($0.latitude * .pi / 180).sine }
    let (low, high) = (sines.min()!, sines.max()!)
    if abs(turn) > 180 {
      return Footprint(
        left: 0, top: high + low > 0 ? 1 : high, right: 2 * .pi,
        bottom: high + low > 0 ? low : -1)
    }
    let (west, east) = (longitudes.min()!, longitudes.max()!)
    let center = (west + east) / 2 - seam
    let shift = center - 360 * (center / 360).rounded(.down) - (west + east) / 2
    return Footprint(
      left: (west + shift) * .pi / 180, top: high, right: (east + shift) * .pi / 180, bottom: low)
  }

  /// From one longitude to the next, the shorter way.
  private static func step(_ one: GeographicPoint, _ next: GeographicPoint) -> Double {
    let step = next.longitude - one.longitude
    return step - 360 * (step / 360).rounded()
  }

  private static func slot(_ longitude: Double) -> Int {
    let turn = (longitude + 180) / 360
    return min(slots - 1, Int((turn - turn.rounded(.down)) * Double(slots)))
  }

  private static func middleOfGap(_ isTaken: [Bool]) -> Double {
    guard let first = isTaken.firstIndex(of: true) else { return -180 }
    var (longest, end, length) = (0, 0, 0)
    for place in first + 1...first + isTaken.count {
      length = isTaken[place % isTaken.count] ? 0 : length + 1
      if length > longest { (longest, end) = (length, place) }
    }
    if longest == 0 { return -180 }
    let middle = Double(end + 1) - Double(longest) / 2
    return middle / Double(slots) * 360 - 180
  }
}
