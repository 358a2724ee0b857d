// Places as directions from the earth's middle: distances on the ground, and which places have
// another one near.

import Foundation
import Imagery

/// Geometry on a sphere of the earth's mean radius.
enum Ground {
  /// The place on a sphere of that radius, in metres.
  static func position(_ place: GeographicPoint) -> SIMD3<Double> {
    let (longitude, latitude) = (place.longitude * .pi / 180, place.latitude * .pi / 180)
    return Earth.meanRadius
      * SIMD3(
        cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude))
  }

  /// Metres straight from one place to another.
  static func distance(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
    ((a - b) * (a - b)).sum().squareRoot()
  }

  /// Metres east and north of a place, on the plane that touches the sphere there.
  static func offset(of other: SIMD3<Double>, from place: SIMD3<Double>) -> SIMD2<Double> {
    let up = place / Earth.meanRadius
    let across = (up.x * up.x + up.y * up.y).squareRoot()
    let east =
      across > 1e-12 ? SIMD3(-up.y / across, up.x / across, 0) : SIMD3(0, 1, 0)
    let north = SIMD3(
      up.y * east.z - up.z * east.y, up.z * east.x - up.x * east.z, up.x * east.y - up.y * east.x)
    let difference = other - place
    return SIMD2((difference * east).sum(), (difference * north).sum())
  }
}

/// Places by cells of space, to ask whether one is near.
struct NearPlaces {
  private let reach: Double
  private var cells: [SIMD3<Int32>: [SIMD3<Double>]] = [:]

  /// - Parameter reach: in metres, positive.
  init(_ positions: [SIMD3<Double>], reach: Double) {
    self.reach = reach
    add(positions)
  }

  mutating func add(_ positions: [SIMD3<Double>]) {
    for position in positions { cells[cell(of: position), default: []].append(position) }
  }

  /// Whether a place of these is nearer than the reach.
  func hasPlace(near position: SIMD3<Double>) -> Bool {
    let middle = cell(of: position)
    for x in Int32(-1)...1 {
      for y in Int32(-1)...1 {
        for z in Int32(-1)...1 {
          let near = cells[middle &+ SIMD3(x, y, z)] ?? []
          if near.contains(where: { Ground.distance($0, position) < reach }) { return true }
        }
      }
    }
    return false
  }

  private func cell(of position: SIMD3<Double>) -> SIMD3<Int32> {
    SIMD3<Int32>(clamping: SIMD3<Int64>((position / reach).rounded(.down)))
  }
}
