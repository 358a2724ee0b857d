// How the map of a dataset is drawn: graticule, scenes, chips, links. Title, legend and notes are
// in DatasetMap+Margins.swift.

import Basics
import Imagery

extension DatasetMap {
  /// Sizes of texts and lines, in pixels.
  enum Size {
    static let headline = 34.0
    static let text = 19.0
    static let label = 17.0
    static let lineHeight = 28.0
    static let margin = 96.0
    /// Where the frame begins, below title and subtitle.
    static let top = 160.0
    /// A chip is drawn at least as large as this.
    static let leastChip = 3.5
    /// Chips from this on have a line around them, so that each can be told.
    static let outlinedChip = 9.0
    /// Scenes below this are shown by their chips alone.
    static let leastScene = 12.0
    /// Links that are longer on the whole are drawn as lines.
    static let leastLink = 4.0
    /// The side of a cell whose links are one dot.
    static let cell = 14.0
  }

  /// What was drawn, for the legend.
  struct Drawn {
    var hasScenes = false
    var linkLines = false
    /// Links behind the largest dot; 0 where there are no dots.
    var linksOfLargestDot = 0
  }

  /// Where places fall.
  package var frame: MapFrame {
    MapFrame(
      around: scenes.map(\.figure) + chips.map(\.figure),
      at: Point(x: Size.margin, y: Size.top))
  }

  /// Where a place lies on the drawn picture, in pixels from the upper left corner; for tests.
  package func pixel(of place: GeographicPoint) -> (x: Int, y: Int) {
    let frame = frame
    let point = frame.point(frame.turned(place))
    return (Int(point.x), Int(point.y))
  }

  /// The whole picture.
  package func draw() throws(PictureError) -> Canvas {
    let frame = frame
    let rectangle = frame.rectangle
    // What stands below is known when the links are sorted, and measured on a canvas of its own.
    let links = LinkDrawing(self.links, on: frame)
    var drawn = Drawn()
    drawn.hasScenes = scenes.contains { Self.shows($0, on: frame) }
    drawn.linkLines = !links.lines.isEmpty
    drawn.linksOfLargestDot = links.dots.map(\.count).max() ?? 0
    let width = Int(rectangle.width + 2 * Size.margin)
    let ruler = try Canvas(width: width, height: 1, background: .paper)
    let top = rectangle.bottom + Size.lineHeight * 1.4
    let below = drawMargins(drawn, below: top, frame, on: ruler)
    let canvas = try Canvas(width: width, height: Int(below + 40), background: .paper)

    drawTitle(on: canvas)
    drawMap(frame, links, on: canvas)
    _ = drawMargins(drawn, below: top, frame, on: canvas)
    return canvas
  }

  private func drawMap(_ frame: MapFrame, _ links: LinkDrawing, on canvas: Canvas) {
    let outline = frame.worldOutline ?? frame.rectangle.corners
    let sceneWidth = scenes.count > 30 ? 1.0 : 1.8
    canvas.fill(outline, .mapPaper)
    let graticule = Graticule(of: frame)
    canvas.clipped(to: outline) {
      for line in graticule.lines {
        canvas.stroke(line.points, .graticule, width: 1.2)
      }
      for scene in scenes where Self.shows(scene, on: frame) {
        for polygon in frame.polygons(of: scene.figure) {
          canvas.fill(polygon, .ink, opacity: 0.06)
        }
      }
      for isHeldOut in [false, true] {
        draw(chips.lazy.filter { $0.isHeldOut == isHeldOut }, frame, on: canvas)
      }
      for scene in scenes where Self.shows(scene, on: frame) {
        for polygon in frame.polygons(of: scene.figure) {
          canvas.stroke(polygon, .ink, width: sceneWidth, closed: true)
        }
      }
      links.draw(on: canvas)
    }
    canvas.stroke(outline, .faintInk, width: 1.5, closed: true)
    drawLabels(of: graticule, frame, on: canvas)
  }

  private static func shows(_ scene: Scene, on frame: MapFrame) -> Bool {
    frame.polygons(of: scene.figure).contains { Rectangle(around: $0).longest >= Size.leastScene }
  }

  /// All fields, then the lines around those that are large enough: where chips overlap, the lines
  /// of both are to be seen.
  private func draw(_ chips: some Sequence<Chip>, _ frame: MapFrame, on canvas: Canvas) {
    var outlined: [(polygon: [Point], width: Double)] = []
    for chip in chips {
      let color = ShardTints.color(of: chip)
      for polygon in frame.polygons(of: chip.figure) {
        let box = Rectangle(around: polygon)
        if box.longest < Size.leastChip {
          let (center, side) = (box.center, Size.leastChip)
          canvas.fill(
            Rectangle(x: center.x - side / 2, y: center.y - side / 2, width: side, height: side),
            color)
          continue
        }
        canvas.fill(polygon, color)
        if box.longest >= Size.outlinedChip {
          outlined.append((polygon, min(1.4, box.longest * 0.05)))
        }
      }
    }
    for (polygon, width) in outlined {
      canvas.stroke(polygon, .paper, width: width, closed: true, opacity: 0.6)
    }
  }

  // MARK: Labels

  private func drawLabels(of graticule: Graticule, _ frame: MapFrame, on canvas: Canvas) {
    var taken: [Rectangle] = []
    for line in graticule.lines where !line.label.isEmpty {
      let gap = 9.0
      let label: (Point, Canvas.Anchor)?
      if frame.worldOutline != nil, let start = line.points.first {
        label =
          line.isMeridian
          ? (Point(x: start.x, y: start.y + gap + Size.label * 0.8), .center)
          : (Point(x: start.x - gap, y: start.y + Size.label * 0.36), .right)
      } else {
        let sides: [Graticule.Line.Side] =
          line.isMeridian ? [.bottom, .top, .left, .right] : [.left, .right, .bottom, .top]
        label = line.crossing(frame.rectangle, sides).map { crossing in
          let point = crossing.point
          return switch crossing.side {
          case .bottom: (Point(x: point.x, y: point.y + gap + Size.label * 0.8), .center)
          case .top: (Point(x: point.x, y: point.y - gap), .center)
          case .left: (Point(x: point.x - gap, y: point.y + Size.label * 0.36), .right)
          case .right: (Point(x: point.x + gap, y: point.y + Size.label * 0.36), .left)
          }
        }
      }
      if let (point, anchor) = label {
        draw(line.label, at: point, anchor, taken: &taken, on: canvas)
      } else if frame.rectangle.holds(line.within) {
        let point = Point(x: line.within.x, y: line.within.y + Size.label * 0.36)
        draw(line.label, at: point, .center, onPaper: true, taken: &taken, on: canvas)
      }
    }
  }

  /// Where no other label is.
  private func draw(
    _ label: String, at point: Point, _ anchor: Canvas.Anchor, onPaper: Bool = false,
    taken: inout [Rectangle], on canvas: Canvas
  ) {
    // Beside the map there is as much room as its margin.
    let size = canvas.fittingSize(
      label, size: Size.label, weight: .normal, width: Size.margin - 16)
    let width = canvas.textWidth(label, size: size)
    let left =
      switch anchor {
      case .left: point.x
      case .center: point.x - width / 2
      case .right: point.x - width
      }
    let box = Rectangle(
      x: left - 2, y: point.y - Size.label, width: width + 4, height: Size.label * 1.3)
    guard !taken.contains(where: box.overlaps) else { return }
    taken.append(box)
    if onPaper { canvas.fill(box, .mapPaper, opacity: 0.85) }
    canvas.text(label, at: point, size: size, color: .faintInk, anchor: anchor)
  }
}

extension Color {
  /// The ground of a map.
  static let mapPaper = Color(0xF4F6F8)
  static let graticule = Color(0xC3CAD2)
}

extension Rectangle {
  /// The smallest one that holds all points.
  init(around points: [Point]) {
    let (x, y) = (points.map(\.x), points.map(\.y))
    let (left, top) = (x.min() ?? 0, y.min() ?? 0)
    self.init(x: left, y: top, width: (x.max() ?? 0) - left, height: (y.max() ?? 0) - top)
  }

  var longest: Double { max(width, height) }

  /// From the upper left one, clockwise.
  var corners: [Point] {
    [Point(x: x, y: y), Point(x: right, y: y), Point(x: right, y: bottom), Point(x: x, y: bottom)]
  }

  func overlaps(_ other: Rectangle) -> Bool {
    x < other.right && other.x < right && y < other.bottom && other.y < bottom
  }

  func holds(_ point: Point) -> Bool {
    x <= point.x && point.x <= right && y <= point.y && point.y <= bottom
  }
}
