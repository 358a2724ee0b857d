// From degrees to the plane of a map, on a sphere. Which part of the plane a picture shows is
// `MapFrame`'s business.

import Basics
import Foundation
import Imagery

/// An equal-area projection of the sphere that has the area of WGS 84. Latitudes are taken as they
/// are, which moves places by less than 0.4 % of their distance to the centre.
package enum MapProjection: Hashable, Sendable {
  /// Lambert's azimuthal equal-area projection (Snyder, "Map Projections: A Working Manual", USGS
  /// 1395, 1987, equations 24-2 to 24-4): for whatever lies within a hemisphere, poles and the
  /// antimeridian included.
  case azimuthal(center: GeographicPoint)
  /// Equal Earth (Šavrič, Patterson and Jenny, "The Equal Earth map projection", 2019): for the
  /// globe, cut half a turn from the central meridian, in degrees.
  case world(centralMeridian: Double)

  /// Where a place lies on the plane, in metres; y northwards at the centre. Beyond the world's
  /// edges it goes on, for figures that are cut there.
  /// - Parameter place: degrees; longitudes beyond ±180 count on.
  package func place(_ place: GeographicPoint) -> MapPoint {
    switch self {
    case .azimuthal(let center):
      let (sine, cosine) = Self.sineCosine(place.latitude)
      let (centerSine, centerCosine) = Self.sineCosine(center.latitude)
      let (east, along) = Self.sineCosine(place.longitude - center.longitude)
      // 1 + the cosine of the distance; 0 opposite to the centre, which has no place.
      let nearness = max(1 + centerSine * sine + centerCosine * cosine * along, 1e-12)
      let scale = (2 / nearness).squareRoot() * Earth.equalAreaRadius
      return MapPoint(
        x: scale * cosine * east,
        y: scale * (centerCosine * sine - centerSine * cosine * along))
    case .world(let centralMeridian):
      let (factor, y) = Self.equalEarth(latitude: place.latitude)
      return MapPoint(
        x: (place.longitude - centralMeridian) * .pi / 180 * factor * Earth.equalAreaRadius,
        y: y * Earth.equalAreaRadius)
    }
  }

  /// The place of a point of the plane; nil for points that are none, and on the world map.
  func degrees(_ point: MapPoint) -> GeographicPoint? {
    guard case .azimuthal(let center) = self else { return nil }
    let (x, y) = (point.x / Earth.equalAreaRadius, point.y / Earth.equalAreaRadius)
    let distance = (x * x + y * y).squareRoot()
    guard distance < 2 else { return nil }
    if distance == 0 { return center }
    let angle = 2 * asin(distance / 2)
    let (sine, cosine) = Self.sineCosine(center.latitude)
    let latitude = asin(
      min(max(cos(angle) * sine + y * sin(angle) * cosine / distance, -1), 1))
    let east = atan2(
      x * sin(angle), distance * cosine * cos(angle) - y * sine * sin(angle))
    return GeographicPoint(
      longitude: center.longitude + east * 180 / .pi, latitude: latitude * 180 / .pi)
  }

  /// The edges of the whole world; nil where the plane has none.
  var worldEdges: Footprint? {
    guard case .world(let meridian) = self else { return nil }
    let right = place(GeographicPoint(longitude: meridian + 180, latitude: 0)).x
    let top = place(GeographicPoint(longitude: meridian, latitude: 90)).y
    return Footprint(left: -right, top: top, right: right, bottom: -top)
  }

  /// What x grows by with a radian of longitude, and y; both on the unit sphere.
  private static func equalEarth(latitude: Double) -> (factor: Double, y: Double) {
    let (a1, a2, a3, a4) = (1.340264, -0.081106, 0.000893, 0.003796)
    let sine = 3.0.squareRoot() / 2 * sineCosine(min(max(latitude, -90), 90)).sine
    let angle = asin(sine)
    let square = angle * angle
    let sixth = square * square * square
    let y = angle * (a1 + a2 * square + sixth * (a3 + a4 * square))
    let slope = a1 + 3 * a2 * square + sixth * (7 * a3 + 9 * a4 * square)
    return (2 * 3.0.squareRoot() / 3 * cos(angle) / slope, y)
  }

  private static func sineCosine(_ degrees: Double) -> (sine: Double, cosine: Double) {
    let radians = degrees * .pi / 180
    return (sin(radians), cos(radians))
  }

  /// "Lambert azimuthal equal-area projection around 25.3° S, 54.9° W": what a map says of itself.
  var name: String {
    switch self {
    case .azimuthal(let center) where abs(center.latitude) == 90:
      "Lambert azimuthal equal-area projection around the "
        + (center.latitude > 0 ? "North Pole" : "South Pole")
    case .azimuthal(let center):
      "Lambert azimuthal equal-area projection around \(DegreeText.place(center, places: 2))"
    case .world(let meridian):
      "Equal Earth projection around \(DegreeText.longitude(meridian, places: 0))"
    }
  }
}
