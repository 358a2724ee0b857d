// The way from a map to longitude and latitude, for boxes: their corners and what lies around them.

import Basics
import CGDAL
import Imagery

extension SpatialReference {
  /// Places of a system as places on the globe. One thread at a time.
  package final class GeographicTransform {
    private let handle: OGRCoordinateTransformationH
    private let forward: MapTransform
    private let backward: MapTransform
    private let isGeographic: Bool
    /// Points along each edge that are followed, since straight edges become curves.
    private static let pointsPerEdge: Int32 = 21
    /// What rounding may add to a latitude of 90 degrees.
    private static let latitudeSlack = 1e-6

    /// Nil when PROJ knows no way to WGS 84.
    package init?(from source: SpatialReference) {
      guard let target = SpatialReference.wgs84(),
        let forward = MapTransform(from: source, to: target),
        let backward = MapTransform(from: target, to: source),
        let handle = LibraryErrors.silenced({
          OCTNewCoordinateTransformation(source.handle, target.handle)
        })
      else { return nil }
      self.forward = forward
      self.backward = backward
      self.handle = handle
      isGeographic = source.isGeographic
    }

    deinit { OCTDestroyCoordinateTransformation(handle) }

    /// The box around a box of the map, with the poles inside it: around a pole it spans all
    /// longitudes and ends at the pole. Nil for a box outside of what the transformation is defined
    /// for.
    package func bounds(of box: Footprint) -> GeographicBounds? {
      guard let corners = corners(of: box) else { return nil }
      var west = 0.0
      var south = 0.0
      var east = 0.0
      var north = 0.0
      let isDone = LibraryErrors.silenced {
        OCTTransformBounds(
          handle, box.left, box.bottom, box.right, box.top, &west, &south, &east, &north,
          Self.pointsPerEdge)
      }
      guard isDone != 0, [west, south, east, north].allSatisfy(\.isFinite) else { return nil }
      guard let low = Self.latitude(south), let high = Self.latitude(north) else { return nil }
      var bounds = Self.normalized(west: west, south: low, east: east, north: high)
      // A geographic box says its own width: transformed corners have forgotten whole turns.
      if isGeographic, let turn = backward.period, box.width >= turn * (1 - 1e-12) {
        bounds.west = -180
        bounds.east = 180
      }
      for corner in corners.points where !bounds.contains(corner) { return nil }
      return bounds
    }

    /// The corners of a box, with longitudes from −180 to 180. Nil for a box outside of what the
    /// transformation is defined for.
    package func corners(of box: Footprint) -> GeographicCorners? {
      let map = [
        MapPoint(x: box.left, y: box.top), MapPoint(x: box.right, y: box.top),
        MapPoint(x: box.right, y: box.bottom), MapPoint(x: box.left, y: box.bottom),
      ]
      guard let points = points(of: map, slack: 1e-3 * max(box.width, box.height)) else {
        return nil
      }
      return GeographicCorners(
        upperLeft: points[0], upperRight: points[1], lowerRight: points[2], lowerLeft: points[3])
    }

    /// Places of points of the map. Nil when one has none: outside of its domain a projection's
    /// formulas often still give numbers, but not ones that lead back.
    /// - Parameter slack: map units by which the way back may miss the point.
    package func points(of map: [MapPoint], slack: Double) -> [GeographicPoint]? {
      guard let places = forward.allPlaces(of: map) else { return nil }
      var points: [GeographicPoint] = []
      for place in places {
        guard let latitude = Self.latitude(place.y) else { return nil }
        points.append(
          GeographicPoint(longitude: Self.longitude(place.x), latitude: latitude))
      }
      // At a pole all longitudes are one place, and a geographic system needs no proof.
      if isGeographic { return points }
      for (point, place) in zip(map, places) {
        guard let back = backward.places(of: [place], near: point.x)[0],
          max(abs(back.x - point.x), abs(back.y - point.y)) <= slack
        else { return nil }
      }
      return points
    }

    private static func latitude(_ value: Double) -> Double? {
      abs(value) <= 90 + latitudeSlack ? min(90, max(-90, value)) : nil
    }

    /// From −180 to 180; both ends stay what they are.
    private static func longitude(_ value: Double) -> Double {
      abs(value) <= 180 ? value : value - 360 * (value / 360).rounded()
    }

    private static func normalized(
      west: Double, south: Double, east: Double, north: Double
    ) -> GeographicBounds {
      let width = east < west ? east - west + 360 : east - west
      if width >= 360 || (west <= -180 && east >= 180) {
        return GeographicBounds(west: -180, south: south, east: 180, north: north)
      }
      if west >= -180 && west <= 180 && east >= -180 && east <= 180 {
        return GeographicBounds(west: west, south: south, east: east, north: north)
      }
      var start = longitude(west)
      if start == 180 && width > 0 { start = -180 }
      let end = start + width
      return GeographicBounds(
        west: start, south: south, east: end > 180 ? end - 360 : end, north: north)
    }
  }
}

extension GeographicBounds {
  /// Whether a place lies in the box, give or take a millionth of a degree.
  package func contains(_ point: GeographicPoint) -> Bool {
    let slack = 1e-6
    guard point.latitude >= south - slack, point.latitude <= north + slack else { return false }
    // At a pole all longitudes are one place.
    if abs(point.latitude) >= 90 - slack { return true }
    let width = west <= east ? east - west : east - west + 360
    var distance = (point.longitude - west).truncatingRemainder(dividingBy: 360)
    if distance < 0 { distance += 360 }
    return distance <= width + slack || distance >= 360 - slack
  }
}
