// The common area of two polygons whose insides can be seen from their middles: what nearly all
// chips are, compared more often than anything that needs GEOS's exact overlay. Pure.

import Basics

/// Star-shaped polygons, given as their points around without the first one again.
enum StarOverlap {
  /// Overlaps below this share of the smaller polygon are no matter for plain arithmetic.
  private static let smallestShare = 1e-6

  /// The intersection over the union of two polygons. Nil unless both are star-shaped from the mean
  /// of their points and overlap by more than rounding.
  ///
  /// One polygon is a fan of triangles; the other one is clipped to each of them (Sutherland and
  /// Hodgman, "Reentrant polygon clipping", 1974), and areas are sums of cross products.
  static func intersectionOverUnion(_ one: [MapPoint], _ other: [MapPoint]) -> Double? {
    guard let first = area(ofStar: one), let second = area(ofStar: other) else { return nil }
    let middle = mean(one)
    let box = PlanarShapes.box(other)
    var (polygon, clipped): ([MapPoint], [MapPoint]) = ([], [])
    var common = 0.0
    for index in one.indices {
      let (start, end) = (one[index], one[index + 1 == one.count ? 0 : index + 1])
      guard PlanarShapes.box([middle, start, end]).touches(box, within: 0) else { continue }
      let turn: Double = first > 0 ? 1 : -1
      clip(other, from: start, to: end, turn: turn, into: &polygon)
      clip(polygon, from: middle, to: start, turn: turn, into: &clipped)
      clip(clipped, from: end, to: middle, turn: turn, into: &polygon)
      common += abs(area(polygon))
    }
    let (whole, rest) = (abs(first), abs(second))
    guard common > smallestShare * min(whole, rest) else { return nil }
    return min(1, common / (whole + rest - common))
  }

  private static func mean(_ points: [MapPoint]) -> MapPoint {
    let count = Double(points.count)
    return MapPoint(
      x: points.reduce(0) { $0 + $1.x } / count, y: points.reduce(0) { $0 + $1.y } / count)
  }

  /// Above 0 for counterclockwise points; nil for a polygon that is no star.
  private static func area(ofStar points: [MapPoint]) -> Double? {
    guard var before = points.last, points.count > 2 else { return nil }
    let middle = mean(points)
    var sum = 0.0
    var turns = 0
    for point in points {
      let part = cross(middle, before, point)
      if part == 0 || sum * part < 0 { return nil }
      sum += part
      if before.y < middle.y && point.y >= middle.y { turns += 1 }
      before = point
    }
    return turns == 1 ? sum / 2 : nil
  }

  /// What of a polygon lies on a line or to its left; to its right where `turn` is −1.
  private static func clip(
    _ polygon: [MapPoint], from start: MapPoint, to end: MapPoint, turn: Double,
    into clipped: inout [MapPoint]
  ) {
    clipped.removeAll(keepingCapacity: true)
    guard var before = polygon.last else { return }
    var sideBefore = cross(start, end, before) * turn
    for point in polygon {
      let side = cross(start, end, point) * turn
      if (side < 0) != (sideBefore < 0) {
        let share = sideBefore / (sideBefore - side)
        clipped.append(
          MapPoint(
            x: before.x + share * (point.x - before.x), y: before.y + share * (point.y - before.y)))
      }
      if side >= 0 { clipped.append(point) }
      (before, sideBefore) = (point, side)
    }
  }

  /// Above 0 where the way from one point over the next one to a third turns left.
  private static func cross(_ one: MapPoint, _ next: MapPoint, _ third: MapPoint) -> Double {
    (next.x - one.x) * (third.y - next.y) - (next.y - one.y) * (third.x - next.x)
  }

  /// Above 0 for counterclockwise points.
  private static func area(_ points: [MapPoint]) -> Double {
    guard points.count > 2 else { return 0 }
    let first = points[0]
    var sum = 0.0
    for index in 1..<points.count - 1 { sum += cross(first, points[index], points[index + 1]) }
    return sum / 2
  }
}
