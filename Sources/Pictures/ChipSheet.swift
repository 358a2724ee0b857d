// A sheet of chips, each with its caption. Draws; which chips, and in which colours, is not decided
// here.

import Basics
import Imagery

/// Images of one side in rows.
package struct ChipSheet: Sendable, DrawnPicture {
  /// A chip, ready to show.
  package struct Tile: Sendable {
    /// Red, green and blue in [0, 1].
    package let image: [Float]  // (3, S, S)
    /// Which pixels hold data.
    package let valid: [Bool]  // (S, S)
    /// What stands below; the first line is the heading. As many for all tiles.
    package let caption: [String]
    package let isHeldOut: Bool

    /// - Precondition: three planes of the size of `valid`.
    package init(image: [Float], valid: [Bool], caption: [String], isHeldOut: Bool) {
      precondition(image.count == 3 * valid.count)
      self.image = image
      self.valid = valid
      self.caption = caption
      self.isHeldOut = isHeldOut
    }
  }

  package let headline: String
  package let subtitle: String
  /// Which bands the colours show, and how they were drawn.
  package let notes: [String]
  /// Of a tile's image.
  package let side: Int
  package let tiles: [Tile]
  /// As in `DatasetMap`.
  package let warning: String?

  /// - Precondition: there is a tile, and all have images of `side`.
  package init(
    headline: String, subtitle: String, notes: [String], side: Int, tiles: [Tile],
    warning: String?
  ) {
    precondition(!tiles.isEmpty && tiles.allSatisfy { $0.valid.count == side * side })
    self.headline = headline
    self.subtitle = subtitle
    self.notes = notes
    self.side = side
    self.tiles = tiles
    self.warning = warning
  }

  // MARK: Where things go, in pixels

  private static let margin = 48.0
  private static let gap = 22.0
  private static let textSize = 16.0
  private static let lineHeight = 22.0
  private static let noteSize = 17.0
  private static let noteHeight = 26.0
  private static let columnCount = 6
  /// A sheet of few tiles is at least as wide, for its texts.
  private static let leastWidth = 760.0
  private static let top = 146.0
  /// The frame that says a chip's role.
  private static let frameWidth = 4.0

  /// Whole multiples of small images; large ones are reduced.
  private var tileSide: Double {
    let least = 196
    return Double(min(side * max(1, (least + side - 1) / side), 256))
  }

  private var columns: Int { min(Self.columnCount, tiles.count) }
  private var width: Double {
    let tiles = Double(columns) * (tileSide + Self.gap) - Self.gap
    return max(2 * Self.margin + tiles, Self.leastWidth)
  }

  private var captionLines: Int { tiles.map(\.caption.count).max() ?? 0 }
  private var rowHeight: Double {
    tileSide + Double(captionLines) * Self.lineHeight + Self.gap + 10
  }

  /// The square of a tile's image.
  package func square(_ tile: Int) -> Rectangle {
    Rectangle(
      x: Self.margin + Double(tile % columns) * (tileSide + Self.gap),
      y: Self.top + Double(tile / columns) * rowHeight, width: tileSide, height: tileSide)
  }

  /// The whole picture.
  package func draw() throws(PictureError) -> Canvas {
    let ruler = try Canvas(width: Int(width), height: 1, background: .paper)
    let tilesEnd = square(tiles.count - 1).y + rowHeight
    let end = try drawNotes(below: tilesEnd, on: ruler)
    let canvas = try Canvas(width: Int(width), height: Int(end + 40), background: .paper)
    let room = width - 2 * Self.margin
    canvas.text(
      headline, at: Point(x: Self.margin, y: 66),
      size: canvas.fittingSize(headline, size: 32, weight: .bold, width: room), weight: .bold)
    canvas.text(
      subtitle, at: Point(x: Self.margin, y: 102),
      size: canvas.fittingSize(subtitle, size: 19, weight: .normal, width: room),
      color: .faintInk)
    let names = DistinctNames(of: tiles.compactMap(\.caption.first))
    for (index, tile) in tiles.enumerated() {
      try draw(tile, names, in: square(index), on: canvas)
    }
    _ = try drawNotes(below: tilesEnd, on: canvas)
    return canvas
  }

  private func draw(
    _ tile: Tile, _ names: DistinctNames, in square: Rectangle, on canvas: Canvas
  ) throws(PictureError) {
    let color: Color = tile.isHeldOut ? .heldOut : .training
    canvas.fill(square.inset(by: -Self.frameWidth), color)
    let count = tile.valid.count
    let picture = PixelImage(side: side) { index in
      guard tile.valid[index] else { return NoDataHatch.color(index, side: side) }
      return Color(
        red: Double(tile.image[index]), green: Double(tile.image[count + index]),
        blue: Double(tile.image[2 * count + index]))
    }
    try canvas.image(picture, in: square)
    for (line, text) in tile.caption.enumerated() {
      let weight: Canvas.Weight = line == 0 ? .bold : .normal
      let shown =
        line == 0
        ? names.shortened(text) {
          canvas.textWidth($0, size: Self.textSize, weight: weight) <= square.width
        } : text
      canvas.text(
        canvas.elided(shown, size: Self.textSize, weight: weight, width: square.width),
        at: Point(
          x: square.x, y: square.bottom + 12 + Double(line + 1) * Self.lineHeight - 4),
        size: Self.textSize, weight: weight, color: line == 0 ? .ink : .faintInk)
    }
  }

  /// - Returns: the base line of the last one.
  private func drawNotes(below top: Double, on canvas: Canvas) throws(PictureError) -> Double {
    var pen = Point(x: Self.margin, y: top + Self.noteHeight * 0.9)
    for (isHeldOut, text) in [(false, "for training"), (true, "held out")]
    where tiles.contains(where: { $0.isHeldOut == isHeldOut }) {
      let color: Color = isHeldOut ? .heldOut : .training
      let box = Rectangle(x: pen.x + 2, y: pen.y - 14, width: 16, height: 16)
      canvas.stroke(box, color, width: Self.frameWidth)
      pen.x += 30
      canvas.text(text, at: pen, size: Self.noteSize)
      pen.x += canvas.textWidth(text, size: Self.noteSize) + 36
    }
    if tiles.contains(where: { $0.valid.contains(false) }) {
      let hatch = PixelImage(side: 18) { NoDataHatch.color($0, side: 18) }
      try canvas.image(
        hatch, in: Rectangle(x: pen.x, y: pen.y - 15, width: 18, height: 18))
      canvas.text("no data", at: Point(x: pen.x + 28, y: pen.y), size: Self.noteSize)
    }
    pen = Point(x: Self.margin, y: pen.y + Self.noteHeight * 1.2)
    func write(_ text: String, _ color: Color) {
      for line in canvas.lines(of: text, size: Self.noteSize, width: width - 2 * Self.margin) {
        canvas.text(line, at: pen, size: Self.noteSize, color: color)
        pen.y += Self.noteHeight
      }
    }
    if let warning { write(warning, .ink) }
    for note in notes { write(note, .faintInk) }
    return pen.y - Self.noteHeight
  }
}
