// Which part of which map a picture shows, and where its places fall on the canvas.

import Basics
import Foundation
import Imagery

/// A rectangle of a canvas that shows a box of a projection's plane, north up.
package struct MapFrame {
  package let projection: MapProjection
  /// In metres on the projection's plane.
  let bounds: Footprint
  let rectangle: Rectangle

  /// Largest angle from the centre at which the azimuthal projection is used, in degrees; the world
  /// map beyond.
  private static let azimuthalReach = 60.0
  /// Smallest gap in longitude that the world map's edge is put into, in degrees.
  private static let leastGap = 20.0
  /// Share of the larger side that stays empty on each side.
  private static let padding = 0.03
  /// Sides of a map on the canvas.
  private static let (widths, heights) = (900.0...1416.0, 560.0...1180.0)

  /// The smallest frame around figures.
  /// - Parameters:
  ///   - figures: at least one.
  ///   - corner: the upper left one of the frame's rectangle.
  init(around figures: [GlobeFigure], at corner: Point) {
    projection = Self.projection(for: figures)
    let box = Self.padded(Self.bounds(of: figures, on: projection))
    let wished = box.width / box.height
    let width = min(
      max(Self.heights.upperBound * wished, Self.widths.lowerBound),
      Self.widths.upperBound
    ).rounded()
    let height = min(
      max(width / wished, Self.heights.lowerBound),
      Self.heights.upperBound
    ).rounded()
    rectangle = Rectangle(x: corner.x, y: corner.y, width: width, height: height)
    // What the rectangle has besides goes to both sides alike.
    let perPixel = max(box.width / width, box.height / height)
    let (x, y) = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    bounds = Footprint(
      left: x - perPixel * width / 2, top: y + perPixel * height / 2,
      right: x + perPixel * width / 2, bottom: y - perPixel * height / 2)
  }

  /// Of the canvas for a metre at the map's centre.
  var pixelsPerMetre: Double { rectangle.width / bounds.width }

  /// Where a place falls on the canvas, in the frame or beside it; longitudes count on.
  func point(_ place: GeographicPoint) -> Point { point(projection.place(place)) }

  /// The same place with the longitude that lies on the map.
  func turned(_ place: GeographicPoint) -> GeographicPoint {
    guard case .world(let meridian) = projection else { return place }
    let east = (place.longitude - meridian).remainder(dividingBy: 360)
    return GeographicPoint(longitude: meridian + east, latitude: place.latitude)
  }

  func point(_ place: MapPoint) -> Point {
    Point(
      x: rectangle.x + (place.x - bounds.left) * pixelsPerMetre,
      y: rectangle.y + (bounds.top - place.y) * pixelsPerMetre)
  }

  /// A figure as polygons on the canvas: one, or two where the world map's edge cuts it.
  func polygons(of figure: GlobeFigure) -> [[Point]] {
    guard case .world(let meridian) = projection else { return [figure.places.map(point)] }
    var places = figure.places
    if figure.goesRound, let first = places.first, let last = places.last {
      // The pole is a line on this map.
      let pole = first.latitude < 0 ? -90.0 : 90.0
      places.append(GeographicPoint(longitude: last.longitude, latitude: pole))
      places.append(GeographicPoint(longitude: first.longitude, latitude: pole))
    }
    let longitudes = places.map(\.longitude)
    guard let west = longitudes.min(), let east = longitudes.max() else { return [] }
    // Turns that bring some of the figure into the half turns around the central meridian.
    let first = Int(((meridian - 180 - east) / 360).rounded(.up))
    let last = Int(((meridian + 180 - west) / 360).rounded(.down))
    guard first <= last, last - first < 4 else { return [] }
    return (first...last).map { turn in
      places.map {
        point(
          GeographicPoint(longitude: $0.longitude + 360 * Double(turn), latitude: $0.latitude))
      }
    }
  }

  /// The outline of the world on the canvas; nil where the map has none.
  var worldOutline: [Point]? {
    guard case .world(let meridian) = projection else { return nil }
    let latitudes = (-45...45).map { Double($0) * 2 }
    func side(_ longitude: Double, _ latitudes: [Double]) -> [Point] {
      latitudes.map { point(GeographicPoint(longitude: longitude, latitude: $0)) }
    }
    return side(meridian - 180, latitudes) + side(meridian + 180, latitudes.reversed())
  }

  // MARK: The choice of a frame

  private static func projection(for figures: [GlobeFigure]) -> MapProjection {
    let directions = figures.lazy.flatMap(\.places).map(\.direction)
    let sum = directions.reduce(SIMD3()) { $0 + $1 }
    let length = (sum * sum).sum().squareRoot()
    guard length > 0 else { return .world(centralMeridian: 0) }
    let axis = sum / length
    let nearest = directions.map { ($0 * axis).sum() }.min() ?? 1
    let reach = acos(min(max(nearest, -1), 1)) * 180 / .pi
    guard reach <= azimuthalReach else {
      return .world(centralMeridian: centralMeridian(for: figures))
    }
    let center = GeographicPoint(towards: axis)
    // Around a pole it is the pole that the meridians should run from.
    if 90 - abs(center.latitude) <= reach {
      return .azimuthal(
        center: GeographicPoint(longitude: 0, latitude: center.latitude > 0 ? 90 : -90))
    }
    return .azimuthal(center: center)
  }

  /// Half a turn from the middle of the widest gap, unless the antimeridian lies in a gap itself.
  private static func centralMeridian(for figures: [GlobeFigure]) -> Double {
    var isTaken = [Bool](repeating: false, count: 360)
    for figure in figures {
      let longitudes = figure.places.map(\.longitude)
      guard let west = longitudes.min(), let east = longitudes.max() else { continue }
      let first = Int(west.rounded(.down))
      for degree in first...max(first, min(Int(east.rounded(.down)), first + 359)) {
        isTaken[((degree + 180) % 360 + 360) % 360] = true
      }
    }
    // Places in `isTaken`: 0 is the antimeridian.
    if !isTaken[0] && !isTaken[359] { return 0 }
    var best = (start: 0, length: 0)
    for start in 0..<360 where isTaken[(start + 359) % 360] {
      let length = (0..<360).first { isTaken[(start + $0) % 360] } ?? 360
      if length > best.length { best = (start, length) }
    }
    guard Double(best.length) >= leastGap else { return 0 }
    let cut = Double(best.start) + Double(best.length) / 2 - 180
    return (cut + 180).remainder(dividingBy: 360).rounded()
  }

  private static func bounds(of figures: [GlobeFigure], on projection: MapProjection) -> Footprint {
    if let world = projection.worldEdges { return world }
    var box = Footprint(left: .infinity, top: -.infinity, right: -.infinity, bottom: .infinity)
    for figure in figures {
      for point in figure.places.lazy.map(projection.place) {
        box.left = min(box.left, point.x)
        box.right = max(box.right, point.x)
        box.bottom = min(box.bottom, point.y)
        box.top = max(box.top, point.y)
      }
    }
    return box
  }

  /// With a margin, and an area in any case.
  private static func padded(_ box: Footprint) -> Footprint {
    let margin = max(max(box.width, box.height) * padding, 1)
    return Footprint(
      left: box.left - margin, top: box.top + margin, right: box.right + margin,
      bottom: box.bottom - margin)
  }
}
