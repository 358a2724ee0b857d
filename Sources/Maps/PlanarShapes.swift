// How shapes of the plane lie to each other: GEOS's polygons and lines.

import Basics
import CGEOS

/// GEOS at work on shapes given as points. One thread at a time.
package final class PlanarShapes {
  /// How two polygons lie to each other.
  package enum Meeting: Hashable, Sendable {
    case apart
    /// They overlap or touch, by this area over the area of both. 0 for a touch; nil when a shape
    /// is none whose area GEOS could say, since it crosses itself.
    case meeting(intersectionOverUnion: Double?)
  }

  private let context: GEOSContextHandle_t

  /// - Throws: `GeometryError` when GEOS does not start.
  package init() throws {
    guard let context = GEOS_init_r() else {
      throw GeometryError.library(what: "GEOS does not start")
    }
    self.context = context
  }

  deinit { GEOS_finish_r(context) }

  /// Compares two polygons, given as their points around without the first one again.
  /// - Parameter tolerance: gaps up to this count as touching.
  /// - Throws: `GeometryError` when GEOS runs out of memory.
  package func meeting(
    _ one: [MapPoint], _ other: [MapPoint], tolerance: Double
  ) throws -> Meeting {
    guard Self.box(one).touches(Self.box(other), within: tolerance) else { return .apart }
    if let overlap = StarOverlap.intersectionOverUnion(one, other) {
      return .meeting(intersectionOverUnion: overlap)
    }
    let first = try polygon(one)
    defer { GEOSGeom_destroy_r(context, first) }
    let second = try polygon(other)
    defer { GEOSGeom_destroy_r(context, second) }
    // 0 is no, 1 is yes and 2 an exception, which a self-crossing shape may raise.
    if GEOSDistanceWithin_r(context, first, second, tolerance) == 0 { return .apart }
    guard let common = GEOSIntersection_r(context, first, second) else {
      return .meeting(intersectionOverUnion: nil)
    }
    defer { GEOSGeom_destroy_r(context, common) }
    guard let overlap = area(common), let whole = area(first), let rest = area(second),
      whole + rest > overlap
    else { return .meeting(intersectionOverUnion: nil) }
    return .meeting(intersectionOverUnion: min(1, overlap / (whole + rest - overlap)))
  }

  /// Whether a line comes to a polygon as close as this, or lies in it. A line of one point is that
  /// point.
  /// - Throws: `GeometryError` when GEOS runs out of memory.
  package func isNear(_ outline: [MapPoint], line: [MapPoint], distance: Double) throws -> Bool {
    let shape = try polygon(outline)
    defer { GEOSGeom_destroy_r(context, shape) }
    let points = try sequence(line.count == 1 ? [line[0], line[0]] : line)
    guard let path = GEOSGeom_createLineString_r(context, points) else {
      throw GeometryError.library(what: "GEOS makes no line")
    }
    defer { GEOSGeom_destroy_r(context, path) }
    return GEOSDistanceWithin_r(context, shape, path, distance) != 0
  }

  private func area(_ shape: OpaquePointer) -> Double? {
    var area = 0.0
    return GEOSArea_r(context, shape, &area) == 1 ? area : nil
  }

  private func polygon(_ points: [MapPoint]) throws -> OpaquePointer {
    let points = try sequence(points + [points[0]])
    guard let ring = GEOSGeom_createLinearRing_r(context, points),
      let polygon = GEOSGeom_createPolygon_r(context, ring, nil, 0)
    else { throw GeometryError.library(what: "GEOS makes no polygon") }
    return polygon
  }

  private func sequence(_ points: [MapPoint]) throws -> OpaquePointer {
    let numbers = points.flatMap { [$0.x, $0.y] }
    guard let sequence = GEOSCoordSeq_copyFromBuffer_r(context, numbers, UInt32(points.count), 0, 0)
    else { throw GeometryError.library(what: "GEOS makes no list of points") }
    return sequence
  }

  /// The smallest box around points.
  package static func box(_ points: [MapPoint]) -> Footprint {
    var box = Footprint(left: .infinity, top: -.infinity, right: -.infinity, bottom: .infinity)
    for point in points {
      box.left = min(box.left, point.x)
      box.top = max(box.top, point.y)
      box.right = max(box.right, point.x)
      box.bottom = min(box.bottom, point.y)
    }
    return box
  }
}

extension Footprint {
  /// Whether the boxes overlap, touch, or leave gaps up to a tolerance.
  package func touches(_ other: Footprint, within tolerance: Double) -> Bool {
    left - tolerance / 2 <= other.right + tolerance / 2
      && other.left - tolerance / 2 <= right + tolerance / 2
      && bottom - tolerance / 2 <= other.top + tolerance / 2
      && other.bottom - tolerance / 2 <= top + tolerance / 2
  }
}
