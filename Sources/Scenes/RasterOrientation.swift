// How a raster's columns and rows lie on its map, and windows of the grid that has them upright.
// Pure.

import Basics

/// One of the eight ways in which a grid lies along the axes of a map. Reading it upright takes
/// pixels from other places, and none is changed.
struct RasterOrientation: Hashable {
  /// The raster's rows run along the map's x.
  var isTransposed = false
  /// The upright grid's columns are counted from the other end.
  var mirrorsColumns = false
  var mirrorsRows = false

  /// A raster whose corners would move by less than this share of a pixel is not rotated: numbers
  /// were rounded.
  static let tolerance = 1e-3

  /// How a raster lies, and where its upright grid does. Nil for one that is rotated or sheared.
  /// - Parameters:
  ///   - transform: from the raster's own columns and rows to the map.
  ///   - tolerance: in pixels, over the raster.
  static func upright(
    width: Int, height: Int, _ transform: AffineTransform, tolerance: Double = tolerance
  ) -> (grid: RasterGrid, orientation: RasterOrientation)? {
    let (w, h) = (Double(width), Double(height))
    let t = transform
    if abs(t.rowX) * h <= tolerance * abs(t.columnX)
      && abs(t.columnY) * w <= tolerance * abs(t.rowY)
    {
      return placed(
        width, height, (t.originX, t.columnX), (t.originY, t.rowY), isTransposed: false)
    }
    if abs(t.columnX) * w <= tolerance * abs(t.rowX)
      && abs(t.rowY) * h <= tolerance * abs(t.columnY)
    {
      return placed(height, width, (t.originX, t.rowX), (t.originY, t.columnY), isTransposed: true)
    }
    return nil
  }

  /// - Parameters:
  ///   - width: of the upright grid, as is the height.
  ///   - x: where its columns begin and what one adds.
  ///   - y: the same of its rows.
  private static func placed(
    _ width: Int, _ height: Int, _ x: (origin: Double, step: Double),
    _ y: (origin: Double, step: Double), isTransposed: Bool
  ) -> (RasterGrid, RasterOrientation) {
    let orientation = RasterOrientation(
      isTransposed: isTransposed, mirrorsColumns: x.step < 0, mirrorsRows: y.step > 0)
    let transform = AffineTransform(
      originX: x.step < 0 ? x.origin + x.step * Double(width) : x.origin, columnX: abs(x.step),
      rowX: 0, originY: y.step > 0 ? y.origin + y.step * Double(height) : y.origin, columnY: 0,
      rowY: -abs(y.step))
    return (RasterGrid(width: width, height: height, transform: transform), orientation)
  }

  /// The window of the raster that holds a window of the upright grid.
  func source(of window: PixelWindow, in grid: RasterGrid) -> PixelWindow {
    let column = mirrorsColumns ? grid.width - window.column - window.width : window.column
    let row = mirrorsRows ? grid.height - window.row - window.height : window.row
    return isTransposed
      ? PixelWindow(column: row, row: column, width: window.height, height: window.width)
      : PixelWindow(column: column, row: row, width: window.width, height: window.height)
  }

  /// Where a buffer of an upright window takes the raster's pixels.
  /// - Returns: in pixels: the place of the first, and how far it is from one column, and from one
  ///   row, of the raster to the next.
  func strides(of window: PixelWindow) -> (first: Int, column: Int, row: Int) {
    let alongColumns = mirrorsColumns ? -1 : 1
    let alongRows = mirrorsRows ? -window.width : window.width
    let first =
      (mirrorsRows ? (window.height - 1) * window.width : 0)
      + (mirrorsColumns ? window.width - 1 : 0)
    return isTransposed
      ? (first, alongRows, alongColumns) : (first, alongColumns, alongRows)
  }
}
