// Cairo, as far as Terrane's pictures need it: rectangles, lines, text, small images, PNG. All
// calls into Cairo are here; what is drawn, and where, is not.

import CCairo

struct Point: Hashable {
  var x: Double
  var y: Double
}

/// Pixels to the right and downwards.
package struct Rectangle: Hashable {
  package var x: Double
  package var y: Double
  package var width: Double
  package var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
  var center: Point { Point(x: x + width / 2, y: y + height / 2) }

  func inset(by distance: Double) -> Rectangle {
    Rectangle(
      x: x + distance, y: y + distance, width: width - 2 * distance, height: height - 2 * distance)
  }
}

/// An image: `0xRRGGBB` row by row.
struct PixelImage {
  let width: Int
  let height: Int
  let pixels: [UInt32]  // (H, W)

  init(side: Int, _ pixel: (_ index: Int) -> Color) {
    self.init(width: side, height: side, pixel)
  }

  init(width: Int, height: Int, _ pixel: (_ index: Int) -> Color) {
    self.width = width
    self.height = height
    pixels = (0..<width * height).map { pixel($0).packed }
  }
}

/// A picture in the making. Used by one thread.
package final class Canvas {
  package let width: Int
  package let height: Int

  /// Which point of a text is given: on the base line, at one of these.
  enum Anchor { case left, center, right }
  enum Weight { case normal, bold }

  /// Largest extent of a Cairo image.
  static let sideLimit = 32_767

  private let surface: OpaquePointer
  private let context: OpaquePointer

  init(width: Int, height: Int, background: Color) throws(PictureError) {
    guard width <= Self.sideLimit, height <= Self.sideLimit else {
      throw .tooLarge(width: width, height: height, limit: Self.sideLimit)
    }
    self.width = width
    self.height = height
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    context = cairo_create(surface)
    useStableText()
    cairo_set_line_join(context, CAIRO_LINE_JOIN_MITER)
    fill(Rectangle(x: 0, y: 0, width: Double(width), height: Double(height)), background)
    try check()
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Grey edges and no hinting: text that depends on the font alone, not on the machine's settings.
  private func useStableText() {
    let options = cairo_font_options_create()
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
  }

  // MARK: Shapes

  func fill(_ rectangle: Rectangle, _ color: Color, opacity: Double = 1) {
    use(color, opacity)
    add(rectangle)
    cairo_fill(context)
  }

  /// - Parameter dash: lengths of strokes and gaps; empty for an unbroken line.
  func stroke(_ rectangle: Rectangle, _ color: Color, width: Double, dash: [Double] = []) {
    use(color, 1)
    cairo_set_line_width(context, width)
    cairo_set_dash(context, dash, Int32(dash.count), 0)
    add(rectangle)
    cairo_stroke(context)
  }

  /// Draws nothing outside `rectangle` while `body` runs.
  func clipped(to rectangle: Rectangle, _ body: () -> Void) {
    cairo_save(context)
    add(rectangle)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  /// Draws nothing outside `polygon` while `body` runs.
  func clipped(to polygon: [Point], _ body: () -> Void) {
    cairo_save(context)
    add(polygon, closed: true)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  func fill(_ polygon: [Point], _ color: Color, opacity: Double = 1) {
    use(color, opacity)
    add(polygon, closed: true)
    cairo_fill(context)
  }

  func stroke(
    _ line: [Point], _ color: Color, width: Double, closed: Bool = false, opacity: Double = 1
  ) {
    use(color, opacity)
    cairo_set_line_width(context, width)
    cairo_set_dash(context, nil, 0, 0)
    add(line, closed: closed)
    cairo_stroke(context)
  }

  func dot(at center: Point, radius: Double, _ color: Color, opacity: Double = 1) {
    use(color, opacity)
    cairo_new_path(context)
    cairo_arc(context, center.x, center.y, radius, 0, 2 * .pi)
    cairo_fill(context)
  }

  private func use(_ color: Color, _ opacity: Double) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, opacity)
  }

  private func add(_ rectangle: Rectangle) {
    cairo_rectangle(context, rectangle.x, rectangle.y, rectangle.width, rectangle.height)
  }

  private func add(_ line: [Point], closed: Bool) {
    cairo_new_path(context)
    for point in line { cairo_line_to(context, point.x, point.y) }
    if closed { cairo_close_path(context) }
  }

  // MARK: Text

  func text(
    _ text: String, at point: Point, size: Double, weight: Weight = .normal, color: Color = .ink,
    anchor: Anchor = .left
  ) {
    let width = anchor == .left ? 0 : textWidth(text, size: size, weight: weight)
    let shift = anchor == .center ? width / 2 : width
    useFont(size, weight)
    use(color, 1)
    cairo_move_to(context, point.x - shift, point.y)
    cairo_show_text(context, text)
  }

  /// The largest size up to `size` at which a text is no wider than `width`.
  func fittingSize(_ text: String, size: Double, weight: Weight, width: Double) -> Double {
    let found = textWidth(text, size: size, weight: weight)
    return found > width ? size * width / found : size
  }

  /// A text with as much of its middle left out as it takes to be no wider than `width`.
  func elided(_ text: String, size: Double, weight: Weight, width: Double) -> String {
    var kept = text.count
    var shown = text
    while kept > 2 && textWidth(shown, size: size, weight: weight) > width {
      kept -= 1
      shown = text.prefix((kept + 1) / 2) + "…" + text.suffix(kept / 2)
    }
    return shown
  }

  /// A text cut between words, so that no line is wider than `width` unless one word is.
  func lines(of text: String, size: Double, width: Double) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      let longer = lines.last.map { $0 + " " + word }
      if let longer, textWidth(longer, size: size) <= width {
        lines[lines.count - 1] = longer
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  /// How far a text moves the pen.
  func textWidth(_ text: String, size: Double, weight: Weight = .normal) -> Double {
    useFont(size, weight)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  private func useFont(_ size: Double, _ weight: Weight) {
    let cairoWeight = weight == .bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL
    cairo_select_font_face(context, "sans", CAIRO_FONT_SLANT_NORMAL, cairoWeight)
    cairo_set_font_size(context, size)
  }

  // MARK: Images

  /// Draws an image over a rectangle of its shape: enlarged by whole pixels as they are, reduced by
  /// averaging.
  func image(_ image: PixelImage, in rectangle: Rectangle) throws(PictureError) {
    let small = cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(image.width), Int32(image.height))
    defer { cairo_surface_destroy(small) }
    guard let bytes = cairo_image_surface_get_data(small) else {
      throw .drawing(problem: Self.problem(cairo_surface_status(small)))
    }
    let rowBytes = Int(cairo_image_surface_get_stride(small))
    // The surface owns `height` rows of `rowBytes` bytes each until it is destroyed.
    for row in 0..<image.height {
      let start = UnsafeMutableRawPointer(bytes + row * rowBytes)
      for column in 0..<image.width {
        start.storeBytes(
          of: image.pixels[row * image.width + column], toByteOffset: 4 * column, as: UInt32.self)
      }
    }
    cairo_surface_mark_dirty(small)

    let scale = rectangle.width / Double(image.width)
    cairo_save(context)
    cairo_translate(context, rectangle.x, rectangle.y)
    cairo_scale(context, scale, scale)
    cairo_set_source_surface(context, small, 0, 0)
    let filter = scale < 1 ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST
    cairo_pattern_set_filter(cairo_get_source(context), filter)
    cairo_rectangle(context, 0, 0, Double(image.width), Double(image.height))
    cairo_fill(context)
    cairo_restore(context)
  }

  // MARK: The finished picture

  /// The picture as the bytes of a PNG file.
  package func png() throws(PictureError) -> [UInt8] {
    try check()
    final class Sink { var bytes: [UInt8] = [] }
    let sink = Sink()
    // Cairo calls back only within this call, while `sink` is held by this frame.
    let status = withExtendedLifetime(sink) {
      cairo_surface_write_to_png_stream(
        surface,
        { closure, data, count in
          let sink = Unmanaged<Sink>.fromOpaque(closure!).takeUnretainedValue()
          sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
          return CAIRO_STATUS_SUCCESS
        }, Unmanaged.passUnretained(sink).toOpaque())
    }
    guard status == CAIRO_STATUS_SUCCESS else { throw .drawing(problem: Self.problem(status)) }
    return sink.bytes
  }

  /// The colour of a pixel, `0xRRGGBB`; for tests.
  package func pixel(x: Int, y: Int) -> UInt32 {
    precondition((0..<width).contains(x) && (0..<height).contains(y))
    cairo_surface_flush(surface)
    guard let bytes = cairo_image_surface_get_data(surface) else {
      preconditionFailure("an image surface without pixels")
    }
    // The surface owns `height` rows of `rowBytes` bytes each as long as this object lives.
    let rowBytes = Int(cairo_image_surface_get_stride(surface))
    let pixel = UnsafeRawPointer(bytes).load(fromByteOffset: y * rowBytes + 4 * x, as: UInt32.self)
    return pixel & 0xFF_FFFF
  }

  /// Cairo keeps the first error of a context; everything drawn after it is lost.
  private func check() throws(PictureError) {
    let status = cairo_status(context)
    guard status == CAIRO_STATUS_SUCCESS else { throw .drawing(problem: Self.problem(status)) }
  }

  private static func problem(_ status: cairo_status_t) -> String {
    String(cString: cairo_status_to_string(status))
  }
}
