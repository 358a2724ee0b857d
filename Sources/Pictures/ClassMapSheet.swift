// A map of classes, or of a number, beside the scene that it was made of, with its legend. Draws;
// what is mapped is not decided here.

import Basics

/// A scene and a map of it, of one shape.
package struct ClassMapSheet: Sendable, DrawnPicture {
  /// What a colour of the map means.
  package struct Entry: Sendable {
    package let name: String
    /// `0xRRGGBB`.
    package let color: UInt32
    /// Of the map's patches; nil to say nothing.
    package let share: Double?

    package init(name: String, color: UInt32, share: Double?) {
      self.name = name
      self.color = color
      self.share = share
    }
  }

  /// `0xRRGGBB`, or nil where there is nothing.
  package struct Panel: Sendable {
    package let title: String
    package let width: Int
    package let height: Int
    package let pixels: [UInt32?]  // (H, W)

    /// - Precondition: as many pixels as that, and at least one.
    package init(title: String, width: Int, height: Int, pixels: [UInt32?]) {
      precondition(width > 0 && height > 0 && pixels.count == width * height)
      self.title = title
      self.width = width
      self.height = height
      self.pixels = pixels
    }
  }

  package let headline: String
  package let subtitle: String
  package let scene: Panel
  package let map: Panel
  package let legend: [Entry]
  /// Labelled places: shares of the panel's width and height, and the number of the entry.
  package let marks: [(x: Double, y: Double, entry: Int)]
  package let notes: [String]

  package init(
    headline: String, subtitle: String, scene: Panel, map: Panel, legend: [Entry],
    marks: [(x: Double, y: Double, entry: Int)], notes: [String]
  ) {
    self.headline = headline
    self.subtitle = subtitle
    self.scene = scene
    self.map = map
    self.legend = legend
    self.marks = marks
    self.notes = notes
  }

  // MARK: Where things go, in pixels

  private static let margin = 48.0
  private static let gap = 28.0
  private static let top = 156.0
  private static let longestSide = 680.0
  private static let textSize = 17.0
  private static let entryHeight = 30.0
  private static let entryWidth = 220.0
  private static let noteSize = 16.0
  private static let noteHeight = 24.0
  private static let leastWidth = 760.0

  private var panelSize: (width: Double, height: Double) {
    let (width, height) = (Double(map.width), Double(map.height))
    let scale = Self.longestSide / max(width, height)
    return (width * scale, height * scale)
  }

  /// Of the scene (0) and the map (1).
  package func panel(_ index: Int) -> Rectangle {
    let size = panelSize
    return Rectangle(
      x: Self.margin + Double(index) * (size.width + Self.gap), y: Self.top, width: size.width,
      height: size.height)
  }

  private var width: Double { max(panel(1).right + Self.margin, Self.leastWidth) }
  private var entriesPerRow: Int {
    max(1, Int((width - 2 * Self.margin) / Self.entryWidth))
  }

  /// The whole picture.
  package func draw() throws(PictureError) -> Canvas {
    let ruler = try Canvas(width: Int(width), height: 1, background: .paper)
    let end = drawNotes(on: ruler)
    let canvas = try Canvas(width: Int(width), height: Int(end + 32), background: .paper)
    let room = width - 2 * Self.margin
    canvas.text(
      headline, at: Point(x: Self.margin, y: 62),
      size: canvas.fittingSize(headline, size: 30, weight: .bold, width: room), weight: .bold)
    canvas.text(
      subtitle, at: Point(x: Self.margin, y: 96),
      size: canvas.fittingSize(subtitle, size: 18, weight: .normal, width: room),
      color: .faintInk)
    for (index, content) in [scene, map].enumerated() {
      let rectangle = panel(index)
      canvas.text(
        canvas.elided(
          content.title, size: Self.textSize, weight: .bold, width: rectangle.width),
        at: Point(x: rectangle.x, y: rectangle.y - 12), size: Self.textSize, weight: .bold)
      try draw(content, in: rectangle, on: canvas)
      canvas.stroke(rectangle, .rule, width: 1)
    }
    drawMarks(on: canvas)
    drawLegend(on: canvas)
    _ = drawNotes(on: canvas)
    return canvas
  }

  private func draw(
    _ content: Panel, in rectangle: Rectangle, on canvas: Canvas
  ) throws(PictureError) {
    let image = PixelImage(width: content.width, height: content.height) { index in
      content.pixels[index].map { Color($0) }
        ?? ((index / content.width + index % content.width) % 6 < 3
          ? Color.noData.0 : Color.noData.1)
    }
    try canvas.image(image, in: rectangle)
  }

  /// Labelled places on the scene: rings of their class's colour.
  private func drawMarks(on canvas: Canvas) {
    let rectangle = panel(0)
    for mark in marks {
      let center = Point(
        x: rectangle.x + mark.x * rectangle.width, y: rectangle.y + mark.y * rectangle.height)
      canvas.dot(at: center, radius: 5, .paper)
      canvas.dot(at: center, radius: 3.6, Color(legend[mark.entry].color))
    }
  }

  private func drawLegend(on canvas: Canvas) {
    for (index, entry) in legend.enumerated() {
      let x = Self.margin + Double(index % entriesPerRow) * Self.entryWidth
      let y = panel(0).bottom + 26 + Double(index / entriesPerRow) * Self.entryHeight
      let square = Rectangle(x: x, y: y, width: 18, height: 18)
      canvas.fill(square, Color(entry.color))
      canvas.stroke(square, .faintInk, width: 0.8)
      let share = entry.share.map { "  " + HumanFormat.percent($0, places: 0) } ?? ""
      let shareWidth = canvas.textWidth(share, size: Self.textSize)
      let name = canvas.elided(
        entry.name, size: Self.textSize, weight: .normal,
        width: Self.entryWidth - 40 - shareWidth)
      canvas.text(name, at: Point(x: x + 27, y: y + 15), size: Self.textSize)
      canvas.text(
        share, at: Point(x: x + 27 + canvas.textWidth(name, size: Self.textSize), y: y + 15),
        size: Self.textSize, color: .faintInk)
    }
  }

  /// Returns where the notes end.
  private func drawNotes(on canvas: Canvas) -> Double {
    let rows = (legend.count + entriesPerRow - 1) / entriesPerRow
    var y = panel(0).bottom + 26 + Double(rows) * Self.entryHeight + 24
    for note in notes {
      for line in canvas.lines(of: note, size: Self.noteSize, width: width - 2 * Self.margin) {
        canvas.text(line, at: Point(x: Self.margin, y: y), size: Self.noteSize, color: .faintInk)
        y += Self.noteHeight
      }
    }
    return y
  }
}
