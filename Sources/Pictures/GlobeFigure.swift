// A chip or a scene on the globe as a line that can be put on any map. Geometry only.

import Foundation
import Imagery

/// A closed line through places. Longitudes go on from one place to the next, beyond ±180 where
/// the antimeridian is crossed, so that no step is half a turn.
package struct GlobeFigure: Hashable, Sendable {
  /// In degrees, without the first one at the end.
  package let places: [GeographicPoint]
  /// Whether a pole lies within: the line goes round the globe, and does not close.
  package let goesRound: Bool

  /// Longest part of a side that is straight on the map, in degrees.
  private static let longestStep = 2.0

  /// Sides are straight on the map; those of a box in degrees follow parallels and meridians.
  package init(_ corners: GeographicCorners) {
    let corners = corners.onGlobe
    if let box = Self.box(corners) {
      places = box
      goesRound = false
      return
    }
    var places = [corners.upperLeft]
    for point in corners.points.dropFirst() {
      places.append(Self.following(point, after: places[places.count - 1]))
    }
    let end = Self.following(corners.upperLeft, after: places[places.count - 1])
    goesRound = abs(end.longitude - places[0].longitude) > 180
    self.places = goesRound ? places + [end] : places
  }

  /// The same place with the longitude that is nearest to another one's.
  private static func following(
    _ point: GeographicPoint, after last: GeographicPoint
  ) -> GeographicPoint {
    let step = (point.longitude - last.longitude).remainder(dividingBy: 360)
    return GeographicPoint(longitude: last.longitude + step, latitude: point.latitude)
  }

  /// A box in degrees, its sides in short steps; nil of another figure. From −180 to 180 is once
  /// around the globe, not nothing.
  private static func box(_ corners: GeographicCorners) -> [GeographicPoint]? {
    let (west, north) = (corners.upperLeft.longitude, corners.upperLeft.latitude)
    let (east, south) = (corners.lowerRight.longitude, corners.lowerRight.latitude)
    guard corners.upperRight == GeographicPoint(longitude: east, latitude: north),
      corners.lowerLeft == GeographicPoint(longitude: west, latitude: south), south < north,
      west != east
    else { return nil }
    var width = (east - west).truncatingRemainder(dividingBy: 360)
    if width <= 0 { width += 360 }
    func side(_ length: Double, _ place: (Double) -> GeographicPoint) -> [GeographicPoint] {
      let count = min(max(Int((length / longestStep).rounded(.up)), 1), 360)
      return (0..<count).map { place(Double($0) / Double(count)) }
    }
    func point(_ longitude: Double, _ latitude: Double) -> GeographicPoint {
      GeographicPoint(longitude: longitude, latitude: latitude)
    }
    return side(width) { point(west + width * $0, north) }
      + side(north - south) { point(west + width, north + (south - north) * $0) }
      + side(width) { point(west + width * (1 - $0), south) }
      + side(north - south) { point(west, south + (north - south) * $0) }
  }
}

extension GeographicPoint {
  /// Towards it from the middle of the globe.
  var direction: SIMD3<Double> {
    let (east, north) = (longitude * .pi / 180, latitude * .pi / 180)
    return SIMD3(cos(north) * cos(east), cos(north) * sin(east), sin(north))
  }

  /// Where a direction leaves the globe.
  init(towards direction: SIMD3<Double>) {
    let level = (direction.x * direction.x + direction.y * direction.y).squareRoot()
    self.init(
      longitude: atan2(direction.y, direction.x) * 180 / .pi,
      latitude: atan2(direction.z, level) * 180 / .pi)
  }
}

extension GeographicCorners {
  /// With latitudes up to the poles and longitudes of one turn, whatever a file says.
  fileprivate var onGlobe: GeographicCorners {
    func tamed(_ point: GeographicPoint) -> GeographicPoint {
      GeographicPoint(
        longitude: abs(point.longitude) <= 360
          ? point.longitude : point.longitude.remainder(dividingBy: 360),
        latitude: min(max(point.latitude, -90), 90))
    }
    return GeographicCorners(
      upperLeft: tamed(upperLeft), upperRight: tamed(upperRight), lowerRight: tamed(lowerRight),
      lowerLeft: tamed(lowerLeft))
  }

  /// The middle of the four corners on the globe.
  package var center: GeographicPoint {
    GeographicPoint(towards: points.reduce(SIMD3()) { $0 + $1.direction })
  }

  /// From the middle of the left side to that of the right one, in metres, along the globe.
  package var groundWidth: Double {
    func middle(_ a: GeographicPoint, _ b: GeographicPoint) -> SIMD3<Double> {
      let sum = a.direction + b.direction
      let length = (sum * sum).sum().squareRoot()
      return length > 0 ? sum / length : a.direction
    }
    let difference = middle(upperLeft, lowerLeft) - middle(upperRight, lowerRight)
    let chord = (difference * difference).sum().squareRoot()
    return 2 * asin(min(chord / 2, 1)) * Earth.equalAreaRadius
  }
}
