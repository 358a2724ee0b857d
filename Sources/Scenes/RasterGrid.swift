// Windows of pixels, and where a scene's grid of them lies. Pure.

import Basics

/// A box of pixels in a raster.
package struct PixelWindow: Hashable, Sendable, Codable {
  package var column: Int
  package var row: Int
  package var width: Int
  package var height: Int

  package init(column: Int, row: Int, width: Int, height: Int) {
    self.column = column
    self.row = row
    self.width = width
    self.height = height
  }

  package var count: Int { width * height }
}

/// Where a scene's pixels lie: columns run east and rows run south, however the file has them.
package struct RasterGrid: Hashable, Sendable, Codable {
  package var width: Int
  package var height: Int
  /// From columns and rows to the map.
  package var transform: AffineTransform

  package init(width: Int, height: Int, transform: AffineTransform) {
    self.width = width
    self.height = height
    self.transform = transform
  }

  /// A window's box on the map. Equal pixel edges have equal coordinates, so that windows that
  /// touch do so exactly.
  package func footprint(_ window: PixelWindow) -> Footprint {
    Footprint(
      left: transform.originX + transform.columnX * Double(window.column),
      top: transform.originY + transform.rowY * Double(window.row),
      right: transform.originX + transform.columnX * Double(window.column + window.width),
      bottom: transform.originY + transform.rowY * Double(window.row + window.height))
  }

  /// Of the whole scene.
  package var footprint: Footprint {
    footprint(PixelWindow(column: 0, row: 0, width: width, height: height))
  }

  /// Whether pixels of both lie on each other, up to a thousandth of one.
  func isSame(as other: RasterGrid) -> Bool {
    let (a, b) = (footprint, other.footprint)
    let x = transform.columnX * RasterOrientation.tolerance
    let y = -transform.rowY * RasterOrientation.tolerance
    return width == other.width && height == other.height && abs(a.left - b.left) <= x
      && abs(a.right - b.right) <= x && abs(a.top - b.top) <= y && abs(a.bottom - b.bottom) <= y
  }

  /// The grid that begins at the same corner and has pixels of another size. Its last column and
  /// row are there where at least half of them is in this grid.
  func resized(to resolution: Double) -> RasterGrid {
    let box = footprint
    func count(_ length: Double) -> Int {
      max(1, Int((length / resolution).rounded(.toNearestOrAwayFromZero)))
    }
    return RasterGrid(
      width: count(box.right - box.left), height: count(box.top - box.bottom),
      transform: AffineTransform(
        originX: transform.originX, columnX: resolution, rowX: 0, originY: transform.originY,
        columnY: 0, rowY: -resolution))
  }
}
