// How much ground a pixel shows: one definition, for datasets by their scenes and for scenes that
// are open. From map units and corners on the globe alone, so that no coordinate system need be
// understood.

import Foundation

/// Metres on the ground that one pixel spans from its top to its bottom, over the scenes of a
/// dataset.
package struct GroundSize: Hashable, Sendable {
  /// Of the scene with the finest pixels.
  package let finest: Double
  /// Of the scene with the coarsest ones.
  package let coarsest: Double
  /// That of half of the chips, or less.
  package let median: Double

  /// A map whose unit is the metre up to this share of it is believed: UTM's pixels of 10 m are
  /// 10 m. Web Mercator is farther off beyond 8 degrees of latitude, and degrees are everywhere.
  private static let trustedShare = 0.01

  /// Nil where no scene has a chip.
  package init?(_ description: DatasetDescription) {
    let sizes = description.scenes.filter { $0.chips > 0 && $0.height > 0 }.map { scene in
      let metres = Self.pixel(
        mapUnits: scene.pixelHeight, rows: scene.height, corners: scene.corners)
      return (metres: metres ?? scene.pixelHeight, chips: scene.chips)
    }.sorted { $0.metres < $1.metres }
    guard let first = sizes.first, let last = sizes.last else { return nil }
    let half = sizes.reduce(0) { $0 + $1.chips } / 2
    var seen = 0
    let middle = sizes.first { size in
      seen += size.chips
      return seen > half
    }
    finest = first.metres
    coarsest = last.metres
    median = (middle ?? last).metres
  }

  /// Metres from the top of a pixel to its bottom: the map's own where it is true to scale, else
  /// the mean along the left and the right edge of the scene.
  /// - Parameters:
  ///   - mapUnits: from the top of a pixel to its bottom.
  ///   - rows: of the scene; positive.
  ///   - corners: of the scene.
  /// - Returns: nil where the corners are one place.
  package static func pixel(mapUnits: Double, rows: Int, corners: GeographicCorners) -> Double? {
    let edges =
      metres(corners.upperLeft, corners.lowerLeft) + metres(corners.upperRight, corners.lowerRight)
    let found = edges / 2 / Double(rows)
    guard found.isFinite && found > 0 else { return nil }
    return abs(found / mapUnits - 1) <= trustedShare ? mapUnits : found
  }

  /// Along a great circle, by haversines, of a sphere that bends as the ellipsoid of WGS 84 does
  /// halfway in this direction (Euler's formula): within a scene that is good to 0.01 %, where the
  /// earth's mean radius is off by up to 0.6 %.
  static func metres(_ a: GeographicPoint, _ b: GeographicPoint) -> Double {
    let degree = Double.pi / 180
    let northward = pow(sin((b.latitude - a.latitude) * degree / 2), 2)
    let eastward =
      cos(a.latitude * degree) * cos(b.latitude * degree)
      * pow(sin((b.longitude - a.longitude) * degree / 2), 2)
    let haversine = northward + eastward
    if haversine == 0 { return 0 }
    let middle = sin((a.latitude + b.latitude) / 2 * degree)
    let share = 1 - Earth.eccentricitySquared * middle * middle
    let acrossMeridian = Earth.equatorRadius / share.squareRoot()
    let alongMeridian = acrossMeridian * (1 - Earth.eccentricitySquared) / share
    let radius = haversine / (northward / alongMeridian + eastward / acrossMeridian)
    return 2 * radius * asin(min(1, haversine.squareRoot()))
  }
}
