// A raster of colours as a picture, with words above it. What the colours mean is the caller's
// business.

import Basics

/// Colours on a grid, some places without.
package struct RasterPicture: DrawnPicture {
  package let width: Int
  package let height: Int
  /// (height, width): `0xRRGGBB`; nil where there is nothing.
  private let pixels: [UInt32?]
  private let headline: String
  private let notes: [String]

  /// Pixels along the longer side of the picture's raster, at least; small rasters are enlarged.
  private static let leastSide = 720
  private static let largestSide = 2048
  private static let margin = 24.0

  /// Columns or rows of a raster that become one of the picture's, so that it is not too large.
  package static func step(width: Int, height: Int) -> Int {
    max(1, (max(width, height) + largestSide - 1) / largestSide)
  }

  /// - Precondition: as many pixels as width times height, both positive.
  package init(
    width: Int, height: Int, pixels: [UInt32?], headline: String, notes: [String]
  ) {
    precondition(width > 0 && height > 0 && pixels.count == width * height)
    self.width = width
    self.height = height
    self.pixels = pixels
    self.headline = headline
    self.notes = notes
  }

  /// Draws it.
  /// - Throws: `PictureError`.
  package func draw() throws(PictureError) -> Canvas {
    let scale = max(1, Self.leastSide / max(width, height))
    let size = (width: Double(width * scale), height: Double(height * scale))
    let room = max(size.width, 560)
    let probe = try Canvas(width: 1, height: 1, background: .paper)
    let lines = notes.flatMap { probe.lines(of: $0, size: 13, width: room) }
    let top = Self.margin + 30 + Double(lines.count) * 18 + 10
    let canvas = try Canvas(
      width: Int(room + 2 * Self.margin), height: Int(top + size.height + Self.margin),
      background: .paper)
    canvas.text(
      canvas.elided(headline, size: 20, weight: .bold, width: room),
      at: Point(x: Self.margin, y: Self.margin + 16), size: 20, weight: .bold)
    for (index, line) in lines.enumerated() {
      canvas.text(
        line, at: Point(x: Self.margin, y: Self.margin + 42 + Double(index) * 18), size: 13,
        color: .faintInk)
    }
    // Runs of one colour are one rectangle.
    for row in 0..<height {
      var column = 0
      while column < width {
        let color = pixels[row * width + column]
        var end = column + 1
        while end < width && pixels[row * width + end] == color { end += 1 }
        let place = Rectangle(
          x: Self.margin + Double(column * scale), y: top + Double(row * scale),
          width: Double((end - column) * scale), height: Double(scale))
        canvas.fill(place, color.map { Color($0) } ?? Color.noData.0)
        column = end
      }
    }
    canvas.stroke(
      Rectangle(x: Self.margin, y: top, width: size.width, height: size.height), .rule, width: 1)
    return canvas
  }
}
