// Whether scenes of two datasets may touch, by what dataset.json says of them. Never a false no;
// a yes may be false where scenes of different coordinate systems lie close to each other.

import Basics
import Foundation

/// Where the scenes of a dataset lie.
struct SceneExtents {
  private let description: DatasetDescription
  /// By the latitude of their centres.
  private let caps: [(scene: Int, cap: SphericalCap)]
  private let largestRadius: Double

  init(_ description: DatasetDescription) {
    self.description = description
    caps = description.scenes.enumerated().map { ($0, SphericalCap(around: $1.corners)) }
      .sorted { $0.1.latitude < $1.1.latitude }
    largestRadius = caps.map(\.cap.radius).max() ?? 0
  }

  /// Two scenes that may touch, one of each dataset; nil when there are none.
  func firstTouching(_ other: DatasetDescription) -> (scene: Int, other: Int)? {
    for (number, scene) in other.scenes.enumerated() {
      let cap = SphericalCap(around: scene.corners)
      let reach = cap.radius + largestRadius
      var place = firstPlace(fromLatitude: cap.latitude - reach)
      while place < caps.count, caps[place].cap.latitude <= cap.latitude + reach {
        let candidate = caps[place]
        let own = description.scenes[candidate.scene]
        if candidate.cap.touches(cap), mayTouch(own, scene, other) {
          return (candidate.scene, number)
        }
        place += 1
      }
    }
    return nil
  }

  /// In one coordinate system footprints say it exactly.
  private func mayTouch(
    _ own: SceneDescription, _ scene: SceneDescription, _ other: DatasetDescription
  ) -> Bool {
    let system = description.referenceSystems[own.referenceSystem]
    if system.wkt != other.referenceSystems[scene.referenceSystem].wkt { return true }
    return own.footprint.touches(scene.footprint)
  }

  /// By bisection.
  private func firstPlace(fromLatitude latitude: Double) -> Int {
    var (low, high) = (0, caps.count)
    while low < high {
      let middle = (low + high) / 2
      if caps[middle].cap.latitude < latitude { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// All places on the sphere within a distance of its centre: a scene and a little around it.
struct SphericalCap {
  /// A unit vector.
  private let center: SIMD3<Double>
  /// As an angle.
  let radius: Double
  /// Of the centre, in radians.
  let latitude: Double

  /// The edges of a map bulge between their corners, by far less than this share of the radius
  /// while that is below `largestRadius`.
  private static let margin = 1.1
  /// About 2,000 km on the ground; a larger scene may be anywhere.
  private static let largestRadius = 0.3

  init(around corners: GeographicCorners) {
    let points = corners.points.map(Self.unitVector)
    let sum = points.reduce(SIMD3(repeating: 0), +)
    let length = (sum * sum).sum().squareRoot()
    guard length > 1 else {
      (center, radius, latitude) = (SIMD3(0, 0, 1), .pi, .pi / 2)
      return
    }
    let center = sum / length
    let farthest = points.map { Self.angle(center, $0) }.max() ?? 0
    self.center = center
    radius = farthest <= Self.largestRadius ? farthest * Self.margin : .pi
    latitude = asin(min(max(center.z, -1), 1))
  }

  func touches(_ other: SphericalCap) -> Bool {
    Self.angle(center, other.center) <= radius + other.radius
  }

  private static func unitVector(_ point: GeographicPoint) -> SIMD3<Double> {
    let (longitude, latitude) = (point.longitude * .pi / 180, point.latitude * .pi / 180)
    return SIMD3(
      cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude))
  }

  /// By the chord, which keeps its digits where angles are small.
  private static func angle(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
    let difference = a - b
    return 2 * asin(min((difference * difference).sum().squareRoot() / 2, 1))
  }
}
