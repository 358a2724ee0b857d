// The outline of a window of a raster on the globe, and a plane in which two of them can be
// compared.

import Basics
import Foundation
import Imagery

/// A closed line on the globe: what lies around a window whose edges are straight on its own map.
package struct GlobeOutline {
  /// Directions from the globe's centre, around the window from its upper left corner; the geodetic
  /// latitude is taken for the one of a sphere.
  package let points: [SIMD3<Double>]
  /// The window's centre.
  package let center: SIMD3<Double>
  /// The angle from the centre to the farthest point, in radians.
  package let radius: Double
  /// The smaller edge of a pixel, in radians.
  package let pixel: Double

  /// Pixels by which chords may miss the edges that they stand for.
  package static let chordError = 0.01
  /// Chords of an edge at most.
  private static let mostChords = 64

  /// Follows the edges of a window with as many points as their curvature on the globe asks for.
  /// Nil where a point of it has no place on the globe.
  /// - Parameters:
  ///   - window: in map coordinates.
  ///   - side: pixels of the window along each axis.
  package init?(
    of window: Footprint, side: Int, by transform: SpatialReference.GeographicTransform
  ) {
    let center = MapPoint(
      x: (window.left + window.right) / 2, y: (window.top + window.bottom) / 2)
    let slack = 1e-3 * max(window.width, window.height)
    func points(_ chords: Int) -> [SIMD3<Double>]? {
      let map = Self.outline(of: window, chords: chords) + [center]
      return transform.points(of: map, slack: slack)?.map(SIMD3<Double>.init(direction:))
    }
    guard var found = points(2) else { return nil }
    let edges = (0..<4).map { edge in
      let (start, middle, end) = (found[2 * edge], found[2 * edge + 1], found[(2 * edge + 2) % 8])
      return (length: distance(start, end), sagitta: distance(middle, (start + end) / 2))
    }
    let lengths = [
      max(edges[0].length, edges[2].length), max(edges[1].length, edges[3].length),
    ]
    pixel = lengths.min()! / Double(side)
    // A chord that is half as long misses by a quarter.
    let sagitta = edges.map(\.sagitta).max()!
    let wanted = (sagitta / max(pixel * Self.chordError, 1e-12)).squareRoot()
    let chords = wanted <= 2 ? 2 : min(Self.mostChords, 2 * Int((wanted / 2).rounded(.up)))
    if chords > 2 {
      guard let more = points(chords) else { return nil }
      found = more
    }
    let middle = found.removeLast()
    self.center = middle
    self.points = found
    radius = found.reduce(0) { max($0, angle($1, middle)) }
  }

  /// Points around a box, clockwise from its upper left corner.
  static func outline(of box: Footprint, chords: Int) -> [MapPoint] {
    func edge(_ from: (Double, Double), _ to: (Double, Double)) -> [MapPoint] {
      (0..<chords).map { index in
        let share = Double(index) / Double(chords)
        return MapPoint(
          x: from.0 + (to.0 - from.0) * share, y: from.1 + (to.1 - from.1) * share)
      }
    }
    return edge((box.left, box.top), (box.right, box.top))
      + edge((box.right, box.top), (box.right, box.bottom))
      + edge((box.right, box.bottom), (box.left, box.bottom))
      + edge((box.left, box.bottom), (box.left, box.top))
  }

  /// Boxes in degrees around the cap that holds the outline, wider by a margin in radians.
  package func boxes(margin: Double) -> [Footprint] {
    Self.boxes(around: center, reach: radius + margin)
  }

  /// Boxes in degrees around a cap: one, or two at the antimeridian; all longitudes where the cap
  /// holds a pole.
  /// - Parameter reach: the angle from the cap's centre to its edge, in radians.
  package static func boxes(around center: SIMD3<Double>, reach: Double) -> [Footprint] {
    let latitude = asin(min(1, max(-1, center.z)))
    let degrees = 180 / Double.pi
    let (south, north) = ((latitude - reach) * degrees, (latitude + reach) * degrees)
    guard south > -90, north < 90 else {
      return [
        Footprint(left: -180, top: min(90, north), right: 180, bottom: max(-90, south))
      ]
    }
    let width = asin(min(1, sin(reach) / cos(latitude))) * degrees
    let longitude = atan2(center.y, center.x) * degrees
    return Footprint(
      left: longitude - width, top: north, right: longitude + width, bottom: south
    ).splitAtAntimeridian
  }
}

/// The plane that touches the globe at a point, with places by Lambert's azimuthal equal-area
/// projection (Snyder, "Map projections: a working manual", 1987, 24-2 to 24-4, in vectors).
package struct TangentPlane {
  private let center: SIMD3<Double>
  private let east: SIMD3<Double>
  private let north: SIMD3<Double>

  /// The plane at a direction from the globe's centre.
  package init(at center: SIMD3<Double>) {
    self.center = center
    // Any direction is east at a pole.
    let across = SIMD3(-center.y, center.x, 0)
    let length = (across * across).sum().squareRoot()
    east = length > 1e-12 ? across / length : SIMD3(0, 1, 0)
    north = SIMD3(
      center.y * east.z - center.z * east.y, center.z * east.x - center.x * east.z,
      center.x * east.y - center.y * east.x)
  }

  /// Where a direction lies in the plane, in radians from its point; exact in area, and in distance
  /// close to it.
  package func place(_ direction: SIMD3<Double>) -> MapPoint {
    // The opposite point has no place: it becomes one far away.
    let scale = (2 / max(1e-12, 1 + (center * direction).sum())).squareRoot()
    return MapPoint(
      x: scale * (east * direction).sum(), y: scale * (north * direction).sum())
  }
}

extension SIMD3<Double> {
  /// The direction of a place from the globe's centre.
  package init(direction point: GeographicPoint) {
    let longitude = PortableMath.sineCosine(point.longitude * .pi / 180)
    let latitude = PortableMath.sineCosine(point.latitude * .pi / 180)
    self.init(
      latitude.cosine * longitude.cosine, latitude.cosine * longitude.sine, latitude.sine)
  }

  /// The place of a direction.
  package var geographic: GeographicPoint {
    GeographicPoint(
      longitude: atan2(y, x) * 180 / .pi,
      latitude: atan2(z, (x * x + y * y).squareRoot()) * 180 / .pi)
  }
}

/// The angle between two directions, in radians; exact for small ones too.
package func angle(_ one: SIMD3<Double>, _ other: SIMD3<Double>) -> Double {
  2 * asin(min(1, distance(one, other) / 2))
}

private func distance(_ one: SIMD3<Double>, _ other: SIMD3<Double>) -> Double {
  let difference = one - other
  return (difference * difference).sum().squareRoot()
}

extension Footprint {
  /// A box in degrees as boxes from −180 to 180: one, or two where it crosses the antimeridian, or
  /// one of all longitudes.
  package var splitAtAntimeridian: [Footprint] {
    if width >= 360 { return [Footprint(left: -180, top: top, right: 180, bottom: bottom)] }
    let turns = 360 * ((left + 180) / 360).rounded(.down)
    let box = Footprint(left: left - turns, top: top, right: right - turns, bottom: bottom)
    if box.right < 180 {
      // What ends at −180 begins at 180 as well.
      return box.left > -180
        ? [box] : [box, Footprint(left: 180, top: top, right: 180, bottom: bottom)]
    }
    return [
      Footprint(left: box.left, top: top, right: 180, bottom: bottom),
      Footprint(left: -180, top: top, right: box.right - 360, bottom: bottom),
    ]
  }
}

extension GeographicBounds {
  /// The box, wider by a share of its size and a margin in degrees, as boxes from −180 to 180.
  package func boxes(share: Double, margin: Double) -> [Footprint] {
    let width = west <= east ? east - west : east - west + 360
    let (x, y) = (width * share + margin, (north - south) * share + margin)
    return Footprint(
      left: west - x, top: min(90, north + y), right: west + width + x,
      bottom: max(-90, south - y)
    ).splitAtAntimeridian
  }
}
