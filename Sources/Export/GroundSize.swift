// How much ground a pixel of a dataset's scenes shows. From corners on the globe alone, so that no
// coordinate system need be understood.

import Foundation
import Imagery

/// Metres on the ground that one pixel spans from north to south, over the scenes of a dataset.
package struct GroundSize: Hashable, Sendable {
  /// Of the scene with the finest pixels.
  package let finest: Double
  /// Of the scene with the coarsest ones.
  package let coarsest: Double
  /// That of half of the chips, or less.
  package let median: Double

  /// Nil where no scene has a chip, or corners say nothing.
  package init?(_ description: DatasetDescription) {
    let sizes = description.scenes.filter { $0.chips > 0 && $0.height > 0 }.map { scene in
      let corners = scene.corners
      let side = Self.metres(corners.upperLeft, corners.lowerLeft)
      return (metres: side / Double(scene.height), chips: scene.chips)
    }.filter { $0.metres.isFinite && $0.metres > 0 }.sorted { $0.metres < $1.metres }
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
    let equator = 6_378_137.0
    let eccentricitySquared = 0.006_694_379_990_14
    let middle = sin((a.latitude + b.latitude) / 2 * degree)
    let share = 1 - eccentricitySquared * middle * middle
    let acrossMeridian = equator / share.squareRoot()
    let alongMeridian = acrossMeridian * (1 - eccentricitySquared) / share
    let radius = haversine / (northward / alongMeridian + eastward / acrossMeridian)
    return 2 * radius * asin(min(1, haversine.squareRoot()))
  }
}
