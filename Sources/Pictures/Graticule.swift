// Meridians and parallels of a map, and where their labels go. Geometry only.

import Basics
import Foundation
import Imagery

/// The lines of equal longitude and latitude that a frame shows.
struct Graticule {
  struct Line {
    let isMeridian: Bool
    /// For example "25.5° S"; empty for every other meridian of the world, which lie close.
    let label: String
    /// On the canvas, to be cut at the frame: meridians from the south, parallels from the west.
    let points: [Point]
    /// On the line, inside the frame, for a label of a line that leaves the frame nowhere.
    let within: Point
  }

  let lines: [Line]

  /// About as many lines as this over the frame in each direction.
  private static let count = 6.0
  private static let steps: [Double] =
    [90, 60, 30, 20, 10, 5, 2, 1]
    + (1...6).flatMap { power in [5.0, 2, 1].map { $0 / pow(10, Double(power)) } }
  /// Pieces of a line.
  private static let pieces = 120

  /// The lines of a frame.
  init(of frame: MapFrame) {
    let range = Self.range(of: frame)
    let latitudes = Self.values(in: range.latitudes, step: Self.step(for: range.latitudes))
    let longitudes = Self.values(in: range.longitudes, step: Self.step(for: range.longitudes))
    let (latitudeStep, longitudeStep) = (
      Self.step(for: range.latitudes), Self.step(for: range.longitudes)
    )
    let hasPole = range.longitudes.upperBound - range.longitudes.lowerBound >= 360
    var lines: [Line] = []
    for latitude in latitudes where abs(latitude) < 90 {
      lines.append(
        Self.parallel(
          latitude, from: range.longitudes,
          labelAt: longitudes.count > 1 ? (longitudes[0] + longitudes[1]) / 2 : longitudes[0],
          step: latitudeStep, on: frame))
    }
    // Once around, −180 and 180 are one meridian.
    let isAround = hasPole && frame.worldOutline == nil
    for longitude in isAround ? Array(longitudes.dropLast()) : longitudes {
      lines.append(
        Self.meridian(
          longitude, from: range.latitudes, step: longitudeStep, short: isAround ? latitudeStep : 0,
          on: frame))
    }
    self.lines = lines
  }

  private static func parallel(
    _ latitude: Double, from longitudes: ClosedRange<Double>, labelAt place: Double, step: Double,
    on frame: MapFrame
  ) -> Line {
    Line(
      isMeridian: false, label: DegreeText.latitude(latitude, places: places(for: step)),
      points: samples(longitudes).map {
        frame.point(GeographicPoint(longitude: $0, latitude: latitude))
      }, within: frame.point(GeographicPoint(longitude: place, latitude: latitude)))
  }

  /// - Parameter short: how far from a pole meridians end, but those of quarters: 0 for all at it.
  private static func meridian(
    _ longitude: Double, from latitudes: ClosedRange<Double>, step: Double, short: Double,
    on frame: MapFrame
  ) -> Line {
    let isQuarter = longitude.remainder(dividingBy: 90) == 0
    let most = isQuarter ? 90 : 90 - short
    let range = max(latitudes.lowerBound, -most)...min(latitudes.upperBound, most)
    let points = samples(range).map {
      frame.point(GeographicPoint(longitude: longitude, latitude: $0))
    }
    let isLabelled =
      frame.worldOutline == nil || longitude.remainder(dividingBy: 2 * step) == 0
    return Line(
      isMeridian: true,
      label: isLabelled ? DegreeText.longitude(longitude, places: places(for: step)) : "",
      points: points, within: points[points.count / 2])
  }

  private static func samples(_ range: ClosedRange<Double>) -> [Double] {
    let length = range.upperBound - range.lowerBound
    return (0...pieces).map { range.lowerBound + length * Double($0) / Double(pieces) }
  }

  // MARK: What is to be seen

  /// Degrees that lie in the frame, a little more than that.
  private static func range(of frame: MapFrame) -> (
    latitudes: ClosedRange<Double>, longitudes: ClosedRange<Double>
  ) {
    guard case .azimuthal(let center) = frame.projection else {
      guard case .world(let meridian) = frame.projection else { return (-90...90, -180...180) }
      return (-90...90, meridian - 180...meridian + 180)
    }
    let box = frame.bounds
    let grid = (0...24).flatMap { row in
      (0...24).compactMap { column in
        frame.projection.degrees(
          MapPoint(
            x: box.left + box.width * Double(column) / 24,
            y: box.bottom + box.height * Double(row) / 24))
      }
    }
    func shows(_ latitude: Double) -> Bool {
      // The opposite of the centre has no place.
      guard abs(latitude - center.latitude) < 120 else { return false }
      let pole = frame.projection.place(GeographicPoint(longitude: 0, latitude: latitude))
      return box.left < pole.x && pole.x < box.right && box.bottom < pole.y && pole.y < box.top
    }
    var south = grid.map(\.latitude).min() ?? -90
    var north = grid.map(\.latitude).max() ?? 90
    let (showsSouth, showsNorth) = (shows(-90), shows(90))
    if showsSouth { south = -90 }
    if showsNorth { north = 90 }
    if showsSouth || showsNorth { return (south...north, -180...180) }
    let west = grid.map(\.longitude).min() ?? center.longitude
    let east = grid.map(\.longitude).max() ?? center.longitude
    return (south...north, west...east)
  }

  /// The largest step that gives enough lines: half as many are enough on the way around.
  private static func step(for range: ClosedRange<Double>) -> Double {
    let length = range.upperBound - range.lowerBound
    let count = length >= 360 ? 2 * count : count
    return steps.last { length / $0 <= count } ?? 90
  }

  /// Multiples of the step in the range.
  private static func values(in range: ClosedRange<Double>, step: Double) -> [Double] {
    let first = (range.lowerBound / step).rounded(.up)
    let last = (range.upperBound / step).rounded(.down)
    guard first <= last else { return [(range.lowerBound + range.upperBound) / 2] }
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// Digits after the point that a multiple of the step needs.
  private static func places(for step: Double) -> Int {
    step >= 1 ? 0 : Int((-log10(step) - 1e-9).rounded(.up))
  }
}

extension Graticule.Line {
  /// Where a line enters or leaves a frame.
  enum Side { case left, right, top, bottom }

  /// The first of the places, by the order of `sides`, at which the line crosses the frame.
  func crossing(_ frame: Rectangle, _ sides: [Side]) -> (point: Point, side: Side)? {
    var found: [Side: Point] = [:]
    for (a, b) in zip(points, points.dropFirst()) {
      for side in sides where found[side] == nil { found[side] = cut(a, b, frame, side) }
    }
    return sides.lazy.compactMap { side in found[side].map { ($0, side) } }.first
  }

  /// Where a piece crosses a side of the frame.
  private func cut(_ a: Point, _ b: Point, _ frame: Rectangle, _ side: Side) -> Point? {
    func share(_ start: Double, _ end: Double, at edge: Double) -> Double? {
      guard (start - edge) * (end - edge) <= 0, start != end else { return nil }
      return (edge - start) / (end - start)
    }
    switch side {
    case .left, .right:
      let x = side == .left ? frame.x : frame.right
      guard let share = share(a.x, b.x, at: x) else { return nil }
      let y = a.y + (b.y - a.y) * share
      return frame.y <= y && y <= frame.bottom ? Point(x: x, y: y) : nil
    case .top, .bottom:
      let y = side == .top ? frame.y : frame.bottom
      guard let share = share(a.y, b.y, at: y) else { return nil }
      let x = a.x + (b.x - a.x) * share
      return frame.x <= x && x <= frame.right ? Point(x: x, y: y) : nil
    }
  }
}
