// Where scenes lie, as GeoJSON has it (RFC 7946): rings that run counterclockwise and are cut at
// the antimeridian.

import Imagery

/// The outlines of scenes on the globe.
package struct SceneOutlines {
  /// A ring, closed: its first place is its last. Longitudes are within −180…180.
  package typealias Ring = [GeographicPoint]

  /// One or two for each scene.
  package let rings: [Ring]
  /// Around all of them; west > east when it crosses the antimeridian.
  package let bounds: (west: Double, south: Double, east: Double, north: Double)

  /// Outlines that a file gets at most; of more scenes there is only the box around them.
  package static let limit = 10_000

  /// Nil without scenes.
  package init?(_ description: DatasetDescription) {
    var seen: Set<GeographicCorners> = []
    // Scenes of several dates often have one outline.
    let scenes = description.scenes.filter { $0.chips > 0 && seen.insert($0.corners).inserted }
    let rings = scenes.flatMap { scene in
      Self.rings(
        around: scene.corners,
        isGeographic: description.referenceSystems[scene.referenceSystem].wkt.hasPrefix("GEO"))
    }
    guard let bounds = Self.bounds(of: rings) else { return nil }
    self.bounds = bounds
    self.rings = rings.count <= Self.limit ? rings : Self.box(bounds)
  }

  /// - Parameter isGeographic: whether the scene's own map has degrees, so that it may be wider
  ///   than half of the globe and runs eastwards all the same.
  static func rings(around corners: GeographicCorners, isGeographic: Bool) -> [Ring] {
    // Counterclockwise, for scenes that are north up.
    let points = [corners.upperLeft, corners.lowerLeft, corners.lowerRight, corners.upperRight]
    var unrolled: Ring = []
    for point in points {
      var point = point
      if isGeographic {
        let isEast = point == corners.upperRight || point == corners.lowerRight
        if isEast && point.longitude <= corners.upperLeft.longitude { point.longitude += 360 }
      } else if let last = unrolled.last {
        while point.longitude - last.longitude > 180 { point.longitude -= 360 }
        while point.longitude - last.longitude < -180 { point.longitude += 360 }
      }
      unrolled.append(point)
    }
    if !isGeographic, abs(unrolled[3].longitude - unrolled[0].longitude) > 180 {
      return polarCap(unrolled)
    }
    if area(unrolled) < 0 { unrolled.reverse() }
    while unrolled.contains(where: { $0.longitude < -180 }) {
      for index in unrolled.indices { unrolled[index].longitude += 360 }
    }
    let parts = [
      clipped(unrolled, at: 180, keepingEast: false),
      clipped(unrolled, at: 180, keepingEast: true).map {
        GeographicPoint(longitude: $0.longitude - 360, latitude: $0.latitude)
      },
    ]
    return parts.filter { abs(area($0)) > 0 }.map { $0 + [$0[0]] }
  }

  /// Around a pole: everything from the corners' latitude that is farthest from it.
  private static func polarCap(_ corners: Ring) -> [Ring] {
    let latitudes = corners.map(\.latitude)
    let isNorth = latitudes.reduce(0, +) > 0
    let (low, high) = isNorth ? (latitudes.min() ?? 90, 90) : (-90, latitudes.max() ?? -90)
    return box((-180, low, 180, high))
  }

  /// Sutherland and Hodgman's clipping of a polygon (1974), by one meridian.
  private static func clipped(_ ring: Ring, at meridian: Double, keepingEast: Bool) -> Ring {
    func isKept(_ point: GeographicPoint) -> Bool {
      keepingEast ? point.longitude >= meridian : point.longitude <= meridian
    }
    var result: Ring = []
    for (index, point) in ring.enumerated() {
      let last = ring[index == 0 ? ring.count - 1 : index - 1]
      if isKept(point) != isKept(last) {
        let share = (meridian - last.longitude) / (point.longitude - last.longitude)
        result.append(
          GeographicPoint(
            longitude: meridian, latitude: last.latitude + share * (point.latitude - last.latitude))
        )
      }
      if isKept(point) { result.append(point) }
    }
    return result
  }

  /// Twice the area in square degrees; positive for rings that run counterclockwise.
  private static func area(_ ring: Ring) -> Double {
    ring.indices.reduce(0) { sum, index in
      let (a, b) = (ring[index], ring[(index + 1) % ring.count])
      return sum + a.longitude * b.latitude - b.longitude * a.latitude
    }
  }

  private static func box(
    _ bounds: (west: Double, south: Double, east: Double, north: Double)
  ) -> [Ring] {
    let parts: [(west: Double, east: Double)] =
      bounds.west <= bounds.east
      ? [(bounds.west, bounds.east)] : [(bounds.west, 180), (-180, bounds.east)]
    return parts.map { part -> Ring in
      func place(_ longitude: Double, _ latitude: Double) -> GeographicPoint {
        GeographicPoint(longitude: longitude, latitude: latitude)
      }
      return [
        place(part.west, bounds.south), place(part.east, bounds.south),
        place(part.east, bounds.north), place(part.west, bounds.north),
        place(part.west, bounds.south),
      ]
    }
  }

  /// What is left out of the circle is the widest gap between rings.
  private static func bounds(
    of rings: [Ring]
  ) -> (west: Double, south: Double, east: Double, north: Double)? {
    let spans = rings.map { ring in
      (west: ring.map(\.longitude).min() ?? 0, east: ring.map(\.longitude).max() ?? 0)
    }.sorted { $0.west < $1.west }
    let latitudes = rings.flatMap { $0.map(\.latitude) }
    guard let first = spans.first, let south = latitudes.min(), let north = latitudes.max() else {
      return nil
    }
    var (west, east) = (first.west, first.east)
    var (reach, widest) = (first.east, -Double.infinity)
    for span in spans.dropFirst() {
      if span.west - reach > widest { (widest, west, east) = (span.west - reach, span.west, reach) }
      reach = max(reach, span.east)
    }
    if 360 + first.west - reach >= widest { (west, east) = (first.west, reach) }
    return (west, south, east, north)
  }
}
