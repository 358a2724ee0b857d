// Links between chips of different scenes: lines where these can be told apart, else dots whose
// area says how many there are.

import Foundation
import Imagery

struct LinkDrawing {
  struct Dot {
    let center: Point
    let count: Int
  }

  let lines: [(Point, Point)]
  let dots: [Dot]

  /// The radius of the largest dot, in pixels.
  static let largestRadius = DatasetMap.Size.cell * 0.42
  static let opacity = 0.7

  init(_ links: [DatasetMap.Link], on frame: MapFrame) {
    var ends: [(Point, Point)] = []
    ends.reserveCapacity(links.count)
    for link in links {
      // On the world map a line must not run the whole way back over the map's edge.
      let start = frame.turned(link.from)
      let step = (link.to.longitude - start.longitude).remainder(dividingBy: 360)
      let end = GeographicPoint(longitude: start.longitude + step, latitude: link.to.latitude)
      ends.append((frame.point(start), frame.point(end)))
    }
    let lengths = ends.map { hypot($1.x - $0.x, $1.y - $0.y) }.sorted()
    let isLong = lengths.isEmpty || lengths[lengths.count / 2] >= DatasetMap.Size.leastLink
    if isLong && links.count <= DatasetMap.mostLines {
      lines = ends
      dots = []
    } else {
      lines = []
      dots = Self.dots(ends)
    }
  }

  /// One for each cell of the canvas in which the middles of links lie, in the middle of these.
  private static func dots(_ ends: [(Point, Point)]) -> [Dot] {
    struct Cell: Hashable {
      let column: Int
      let row: Int
    }
    let side = DatasetMap.Size.cell
    var sums: [Cell: (x: Double, y: Double, count: Int)] = [:]
    for (a, b) in ends {
      let (x, y) = ((a.x + b.x) / 2, (a.y + b.y) / 2)
      guard abs(x) < 1e6, abs(y) < 1e6 else { continue }
      let cell = Cell(
        column: Int((x / side).rounded(.down)), row: Int((y / side).rounded(.down)))
      let sum = sums[cell] ?? (0, 0, 0)
      sums[cell] = (sum.x + x, sum.y + y, sum.count + 1)
    }
    let sorted = sums.sorted { ($0.key.row, $0.key.column) < ($1.key.row, $1.key.column) }
    return sorted.map { _, sum in
      let count = Double(sum.count)
      return Dot(center: Point(x: sum.x / count, y: sum.y / count), count: sum.count)
    }
  }

  func draw(on canvas: Canvas) {
    let width = lines.count > 2000 ? 0.7 : 1.1
    for (a, b) in lines { canvas.stroke([a, b], .ink, width: width, opacity: Self.opacity) }
    let most = Double(dots.map(\.count).max() ?? 1)
    for dot in dots {
      // The area says the number; below half a pixel nothing could be seen.
      let radius = max(Self.largestRadius * (Double(dot.count) / most).squareRoot(), 0.8)
      canvas.dot(at: dot.center, radius: radius, .ink, opacity: Self.opacity)
    }
  }
}
