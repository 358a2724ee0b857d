// How much ground a pixel of a dataset's scenes shows. From corners on the globe alone, so that no
// coordinate system need be understood; good to half a percent, as the earth is no sphere.

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

  /// Along a great circle of a sphere with the earth's mean radius, by haversines.
  static func metres(_ a: GeographicPoint, _ b: GeographicPoint) -> Double {
    let radius = 6_371_008.8
    let degree = Double.pi / 180
    let (north, east) = ((b.latitude - a.latitude) * degree, (b.longitude - a.longitude) * degree)
    let haversine =
      pow(sin(north / 2), 2)
      + cos(a.latitude * degree) * cos(b.latitude * degree) * pow(sin(east / 2), 2)
    return 2 * radius * asin(min(1, haversine.squareRoot()))
  }
}
