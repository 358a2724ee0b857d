// The way from one coordinate system to another, point by point (PROJ through GDAL).

import Basics
import CGDAL

/// Places of one system as places of another. One thread at a time.
package final class MapTransform {
  private let handle: OGRCoordinateTransformationH
  /// Of the system that it leads to: see `SpatialReference.period()`.
  package let period: Double?

  /// Nil when PROJ knows no way, and for local systems, which have none to anywhere else.
  /// - Parameter period: of `target`, where the caller knows it.
  package init?(
    from source: SpatialReference, to target: SpatialReference, period: Double?? = .none
  ) {
    if source.isLocal || target.isLocal { return nil }
    guard
      let handle = LibraryErrors.silenced({
        OCTNewCoordinateTransformation(source.handle, target.handle)
      })
    else { return nil }
    self.handle = handle
    self.period = period ?? target.period()
  }

  deinit { OCTDestroyCoordinateTransformation(handle) }

  /// Transforms points in bulk.
  /// - Parameter near: where the target's x repeats itself (longitudes, Mercator), results are the
  ///   ones nearest to this x; nil leaves them as PROJ has them.
  /// - Returns: one place a point; nil for a point outside of what the transformation is defined
  ///   for.
  package func places(of points: [MapPoint], near: Double? = nil) -> [MapPoint?] {
    if points.isEmpty { return [] }
    var x = points.map(\.x)
    var y = points.map(\.y)
    var isDone = [Int32](repeating: 0, count: points.count)
    _ = LibraryErrors.silenced {
      OCTTransformEx(handle, Int32(points.count), &x, &y, nil, &isDone)
    }
    return points.indices.map { index in
      guard isDone[index] != 0, x[index].isFinite, y[index].isFinite else { return nil }
      if let near, let period {
        x[index] += period * ((near - x[index]) / period).rounded()
      }
      return MapPoint(x: x[index], y: y[index])
    }
  }

  /// The same with the first place nearest to an x and the others nearest to the first; nil where
  /// a point has none.
  package func allPlaces(of points: [MapPoint], nearFirst x: Double) -> [MapPoint]? {
    guard var places = allPlaces(of: points) else { return nil }
    guard let period else { return places }
    var near = x
    for index in places.indices {
      places[index].x += period * ((near - places[index].x) / period).rounded()
      if index == 0 { near = places[0].x }
    }
    return places
  }

  /// The same for points that all must have a place; nil where one has none.
  package func allPlaces(of points: [MapPoint], near: Double? = nil) -> [MapPoint]? {
    let places = places(of: points, near: near)
    let found = places.compactMap { $0 }
    return found.count == places.count ? found : nil
  }
}

extension SpatialReference {
  /// The way to another system as shapes of OGR take it; nil as with `MapTransform`. The caller
  /// destroys it.
  package func openWay(to target: SpatialReference) -> OGRCoordinateTransformationH? {
    if isLocal || target.isLocal { return nil }
    return LibraryErrors.silenced { OCTNewCoordinateTransformation(handle, target.handle) }
  }

  /// How far x goes once around the globe, where a map repeats itself: 360 degrees in the unit of a
  /// geographic system, the width of the world of a cylindrical projection. Nil for others.
  ///
  /// A projection is cylindrical when x is a multiple of the longitude at every latitude and y does
  /// not depend on the longitude, which is tried out at points around the globe.
  package func period() -> Double? {
    if isLocal { return nil }
    if isGeographic {
      let turn = 2 * Double.pi / angularUnit
      return abs(turn - turn.rounded()) < 1e-9 ? turn.rounded() : turn
    }
    guard let rings = samples(latitudes: [-0.7, 0, 0.7]) else { return nil }
    return Self.period(of: rings)
  }

  /// y of the poles on the map of a system with a period; nil where a pole has no place (Mercator).
  package func poles() -> (south: Double?, north: Double?) {
    if isGeographic {
      let quarter = Double.pi / 2 / angularUnit
      return (-quarter.roundedWhenNearlyWhole, quarter.roundedWhenNearlyWhole)
    }
    // Mercator's poles are at infinity, for which PROJ has a large number.
    func y(_ latitude: Double) -> Double? {
      samples(latitudes: [latitude])?[0][0].y
    }
    guard let south = y(-Double.pi / 2), let north = y(Double.pi / 2), let period = period(),
      max(abs(south), abs(north)) < period
    else { return (nil, nil) }
    return (south, north)
  }

  private static let samplesPerRing = 18

  /// Points around the globe on circles of latitude, in radians, from the own geographic system on
  /// the map.
  private func samples(latitudes: [Double]) -> [[MapPoint]]? {
    guard let base = geographicBase(),
      let transform = MapTransform(from: base, to: self, period: .some(nil))
    else { return nil }
    let unit = base.angularUnit
    let step = 2 * Double.pi / Double(Self.samplesPerRing)
    var rings: [[MapPoint]] = []
    for latitude in latitudes {
      let ring = (0..<Self.samplesPerRing).map { index in
        MapPoint(x: (step * (Double(index) + 0.3) - .pi) / unit, y: latitude / unit)
      }
      guard let places = transform.allPlaces(of: ring) else { return nil }
      rings.append(places)
    }
    return rings
  }

  private static func period(of rings: [[MapPoint]]) -> Double? {
    let first = rings[0]
    let count = first.count
    let steps = first.indices.map { first[($0 + 1) % count].x - first[$0].x }
    let step = steps.sorted()[count / 2]
    let period = step * Double(count)
    let tolerance = abs(period) * 1e-9
    guard period > 0 else { return nil }
    // The map is torn at one meridian at most, by a whole turn.
    let torn = steps.indices.filter { abs(steps[$0] - step) > tolerance }
    guard torn.count == 1, abs(steps[torn[0]] - step + period) < tolerance else { return nil }
    for ring in rings {
      for (point, other) in zip(ring, first) where abs(point.x - other.x) > tolerance {
        return nil
      }
      for point in ring where abs(point.y - ring[0].y) > tolerance { return nil }
    }
    // The longest way without the tear has the smallest error.
    let start = (torn[0] + 1) % count
    return (first[torn[0]].x - first[start].x) * Double(count) / Double(count - 1)
  }
}

extension Double {
  fileprivate var roundedWhenNearlyWhole: Double {
    abs(self - rounded()) < 1e-9 ? rounded() : self
  }
}
