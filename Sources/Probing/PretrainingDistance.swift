// How far places lie from the chips that an encoder was trained on: features of what it has seen
// are no proof of what it can.

import Imagery

/// Distances of places from chips.
package struct PretrainingDistance: Hashable, Sendable, Codable {
  /// In metres: the least, the median and the largest over the places that were measured.
  package let least: Double
  package let median: Double
  package let largest: Double
  /// Places of these that lie in a chip.
  package let inside: Int
  /// Places that were measured: all, or as many evenly spread ones as there is time for.
  package let measured: Int

  /// Distances that are computed at most.
  private static let budget = 2_000_000_000

  /// Nil without places or chips.
  package init?(of places: [GeographicPoint], from chips: [GeographicCorners]) {
    if places.isEmpty || chips.isEmpty { return nil }
    let stride = max(1, places.count * chips.count / Self.budget)
    let outlines = chips.map(Outline.init)
    let distances = Swift.stride(from: 0, to: places.count, by: stride).map { index in
      Self.distance(of: Ground.position(places[index]), from: outlines)
    }.sorted()
    least = distances[0]
    median = distances[distances.count / 2]
    largest = distances[distances.count - 1]
    inside = distances.count { $0 == 0 }
    measured = distances.count
  }

  /// A chip's corners, and the ball around them.
  private struct Outline {
    let corners: [SIMD3<Double>]
    let middle: SIMD3<Double>
    let reach: Double

    init(_ chip: GeographicCorners) {
      let corners = chip.points.map(Ground.position)
      let middle = corners.reduce(SIMD3()) { $0 + $1 } / 4
      self.corners = corners
      self.middle = middle
      reach = corners.map { Ground.distance($0, middle) }.max() ?? 0
    }
  }

  private static func distance(of place: SIMD3<Double>, from chips: [Outline]) -> Double {
    var best = Double.infinity
    for chip in chips {
      if Ground.distance(place, chip.middle) - chip.reach >= best { continue }
      best = min(best, distance(of: place, from: chip))
      if best == 0 { break }
    }
    return best
  }

  /// 0 inside; else to the nearest edge, which is straight on the plane that touches the earth at
  /// the place. Where a chip lies a thousand kilometres away that is of no use, and the nearest
  /// corner counts.
  private static func distance(of place: SIMD3<Double>, from chip: Outline) -> Double {
    let far = 1e6
    let nearest = chip.corners.map { Ground.distance($0, place) }.min() ?? .infinity
    if nearest > far { return nearest }
    let corners = chip.corners.map { Ground.offset(of: $0, from: place) }
    var (hasLeft, hasRight) = (false, false)
    var best = Double.infinity
    for index in corners.indices {
      let (a, b) = (corners[index], corners[(index + 1) % corners.count])
      let edge = b - a
      let side = edge.x * -a.y - edge.y * -a.x
      if side > 0 { hasLeft = true }
      if side < 0 { hasRight = true }
      let square = (edge * edge).sum()
      let share = square > 0 ? min(max((-a * edge).sum() / square, 0), 1) : 0
      let foot = a + edge * share
      best = min(best, (foot * foot).sum().squareRoot())
    }
    return hasLeft && hasRight ? best : 0
  }
}
