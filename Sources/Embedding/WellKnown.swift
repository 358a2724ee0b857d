// Polygons as others read them: well-known binary and text. Pure.

import Basics
import Imagery

enum WellKnown {
  /// A polygon of longitude and latitude in well-known binary, little-endian; its ring is closed
  /// and runs anticlockwise.
  static func binary(_ corners: GeographicCorners) -> [UInt8] {
    let ring = ring(of: corners)
    var bytes: [UInt8] = [1]
    func store(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
    store(UInt32(3))  // a polygon
    store(UInt32(1))  // of one ring
    store(UInt32(ring.count))
    for point in ring {
      store(point.longitude.bitPattern)
      store(point.latitude.bitPattern)
    }
    return bytes
  }

  /// From the upper left corner, anticlockwise, and back to it.
  static func ring(of corners: GeographicCorners) -> [GeographicPoint] {
    [
      corners.upperLeft, corners.lowerLeft, corners.lowerRight, corners.upperRight,
      corners.upperLeft,
    ]
  }

  /// A box of a map in well-known text.
  static func text(_ box: Footprint) -> String {
    let points = [
      (box.left, box.top), (box.left, box.bottom), (box.right, box.bottom), (box.right, box.top),
      (box.left, box.top),
    ]
    return "POLYGON ((" + points.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + "))"
  }
}
