// Which corner of a footprint is which of its image: images are taken to be more north up than
// anything else. Plane geometry in degrees.

import Foundation
import Imagery

enum FootprintCorners {
  /// The corners of a ring, in whatever direction and from whatever corner it runs.
  /// - Returns: nil for a ring that has not four corners, or no area. Points on straight edges are
  ///   no corners.
  static func corners(of ring: [GeographicPoint]) -> GeographicCorners? {
    guard let first = ring.first else { return nil }
    // Across the antimeridian longitudes go on beyond 180°.
    var points = ring.map { point in
      var near = point
      near.longitude -= 360 * ((point.longitude - first.longitude) / 360).rounded()
      return near
    }
    points = withoutStraight(points)
    guard points.count == 4 else { return nil }
    let longitude = points.map(\.longitude).reduce(0, +) / 4
    let latitude = points.map(\.latitude).reduce(0, +) / 4
    let shrink = max(cos(latitude * .pi / 180), 1e-6)
    let x = points.map { ($0.longitude - longitude) * shrink }
    let y = points.map { $0.latitude - latitude }
    // Twice the area, positive for a ring that runs clockwise on the map.
    let area = (0..<4).reduce(0.0) { sum, index in
      let next = (index + 1) % 4
      return sum + x[next] * y[index] - x[index] * y[next]
    }
    let size = (0..<4).reduce(0.0) { max($0, abs(x[$1]), abs(y[$1])) }
    guard abs(area) > 1e-9 * size * size, size > 0 else { return nil }
    let order = area > 0 ? [0, 1, 2, 3] : [0, 3, 2, 1]
    // The corner to begin with is that from which the corners lie most to where they belong.
    let directions: [(Double, Double)] = [(-1, 1), (1, 1), (1, -1), (-1, -1)]
    let start = (0..<4).max { fit($0) < fit($1) } ?? 0
    func fit(_ start: Int) -> Double {
      (0..<4).reduce(0.0) { sum, corner in
        let index = order[(start + corner) % 4]
        return sum + x[index] * directions[corner].0 + y[index] * directions[corner].1
      }
    }
    func corner(_ number: Int) -> GeographicPoint {
      let point = points[order[(start + number) % 4]]
      let turns = ((point.longitude + 180) / 360).rounded(.down)
      // 180° itself stays on its side.
      let isEdge = point.longitude == 180
      return GeographicPoint(
        longitude: isEdge ? 180 : point.longitude - 360 * turns, latitude: point.latitude)
    }
    return GeographicCorners(
      upperLeft: corner(0), upperRight: corner(1), lowerRight: corner(2), lowerLeft: corner(3))
  }

  /// Without points at which the ring does not turn.
  private static func withoutStraight(_ points: [GeographicPoint]) -> [GeographicPoint] {
    guard points.count > 4 else { return points }
    return points.indices.filter { index in
      let before = points[(index + points.count - 1) % points.count]
      let here = points[index]
      let after = points[(index + 1) % points.count]
      let ax = here.longitude - before.longitude
      let ay = here.latitude - before.latitude
      let bx = after.longitude - here.longitude
      let by = after.latitude - here.latitude
      let turn = ax * by - ay * bx
      return abs(turn) > 0.02 * (ax * ax + ay * ay).squareRoot() * (bx * bx + by * by).squareRoot()
    }.map { points[$0] }
  }
}
