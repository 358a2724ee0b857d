// Places from which chips keep away: the features of a vector file, and a distance.

import Basics
import Foundation
import Imagery

/// What is close to some features. One thread at a time.
package final class AvoidedArea {
  /// In metres.
  package let distance: Double
  private let layer: VectorLayer
  private let tree: BoxTree
  private let shapes: PlanarShapes
  /// Lines are followed with points this far apart at most, in metres.
  private static let longestStep = 5_000.0
  /// The largest distance in metres: farther away no plane is exact to a percent.
  package static let largestDistance = 1_000_000.0

  /// Reads the features of all layers of a file, whatever their geometry and coordinate system.
  /// - Parameters:
  ///   - path: as OGR opens it.
  ///   - distance: in metres, from 0 to `largestDistance`.
  /// - Throws: `VectorLayer.ReadingError`, `GeometryError`.
  package init(path: String, distance: Double) throws {
    precondition((0...Self.largestDistance).contains(distance))
    self.distance = distance
    layer = try VectorLayer(path: path, step: Self.longestStep)
    shapes = try PlanarShapes()
    tree = try BoxTree(
      layer.paths.enumerated().lazy.flatMap { number, path in
        Self.boxes(of: path).map { (box: $0, item: number) }
      })
  }

  /// Metres in a text like "5km", "500 m" or "500"; nil for what is not a distance or a larger
  /// one than `largestDistance`.
  package static func metres(in text: String) -> Double? {
    let digits = text.prefix { !$0.isLetter && $0 != " " }
    let factor: Double
    switch text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces) {
    case "", "m": factor = 1
    case "km": factor = 1000
    default: return nil
    }
    guard let number = Double(digits) else { return nil }
    let metres = number * factor
    return (0...largestDistance).contains(metres) ? metres : nil
  }

  /// Whether a chip is closer to a feature than the distance, or covers one, or lies in one; exact
  /// to a percent of the distance on the ellipsoid.
  /// - Parameter corners: of the chip, whose edges are taken for straight between them.
  /// - Throws: `GeometryError` when GEOS runs out of memory.
  package func isNear(_ corners: GeographicCorners) throws -> Bool {
    let outline = corners.points.map(SIMD3<Double>.init(direction:))
    let sum = outline.reduce(SIMD3<Double>()) { $0 + $1 }
    let length = (sum * sum).sum().squareRoot()
    guard length > 1e-9 else { return true }
    let center = sum / length
    if try layer.isInArea(center.geographic) { return true }
    let radius = outline.reduce(0) { max($0, angle($1, center)) }
    let frame = Frame(at: center)
    let around = frame.points(outline)
    let margin = 1.02 * distance / Earth.equatorRadius + 1e-9
    let near = try tree.items(meeting: Self.boxes(around: center, reach: radius + margin))
    for path in near {
      let line = frame.points(layer.paths[path].points.map(SIMD3<Double>.init(direction:)))
      if try shapes.isNear(around, line: line, distance: distance) { return true }
    }
    return false
  }

  private static func boxes(around center: SIMD3<Double>, reach: Double) -> [Footprint] {
    GlobeOutline.boxes(around: center, reach: reach)
  }

  private static func boxes(of path: VectorLayer.Path) -> [Footprint] {
    let first = path.points[0]
    var box = Footprint(
      left: first.longitude, top: first.latitude, right: first.longitude, bottom: first.latitude)
    var longitude = first.longitude
    for (last, point) in zip(path.points, path.points.dropFirst()) {
      let step = point.longitude - last.longitude
      longitude += step - 360 * (step / 360).rounded()
      box.left = min(box.left, longitude)
      box.right = max(box.right, longitude)
      box.top = max(box.top, point.latitude)
      box.bottom = min(box.bottom, point.latitude)
    }
    return box.splitAtAntimeridian
  }

  /// A plane in metres of the ellipsoid around a place.
  private struct Frame {
    let plane: TangentPlane
    /// Radii of curvature along a meridian and across it (Snyder, 1987, 4-18 and 4-20).
    let north: Double
    let east: Double

    init(at center: SIMD3<Double>) {
      plane = TangentPlane(at: center)
      let rest = 1 - Earth.eccentricitySquared * center.z * center.z
      east = Earth.equatorRadius / rest.squareRoot()
      north = east * (1 - Earth.eccentricitySquared) / rest
    }

    func points(_ directions: [SIMD3<Double>]) -> [MapPoint] {
      directions.map {
        let place = plane.place($0)
        return MapPoint(x: place.x * east, y: place.y * north)
      }
    }
  }
}
