// How a chip looks from a map that is not its own: the geometry of a pair whose images lie in
// different coordinate systems. Not the pixels: see `CropSampler`.

import Basics

/// A chip as the map of its neighbour shows it: north up there, with as many pixels along a side as
/// the chip has.
///
/// Where the chip is north up on that map, the view's pixels are the chip's own. Where it is turned
/// or sheared, the view is centred on the chip's middle, its pixels are as wide as a step of one
/// column and one row goes eastwards together, √(columnX² + rowX²), and as high as it goes
/// northwards, √(columnY² + rowY²): the chip's own pixel for a turned chip of square pixels.
struct ChipView: Hashable, Sendable {
  /// Of the whole view, in that map.
  let footprint: Footprint
  /// How the view's pixels lie in the chip; nil where they are the chip's own.
  let turn: PixelTurn?

  /// - Parameters:
  ///   - footprint: of the chip in its own map, which holds where nothing is placed otherwise.
  ///   - placement: from the chip's columns and rows to the other map.
  ///   - side: of the chip, in pixels.
  init(_ footprint: Footprint, placement: AffineTransform?, side: Int) {
    guard let placement else {
      self.footprint = footprint
      turn = nil
      return
    }
    let extent = Double(side)
    if placement.isNorthUp {
      let corner = placement.apply(extent, extent)
      self.footprint = Footprint(
        left: placement.originX, top: placement.originY, right: corner.x, bottom: corner.y)
      turn = nil
      return
    }
    let width = (placement.columnX * placement.columnX + placement.rowX * placement.rowX)
      .squareRoot()
    let height = (placement.columnY * placement.columnY + placement.rowY * placement.rowY)
      .squareRoot()
    let middle = placement.apply(extent / 2, extent / 2)
    self.footprint = Footprint(
      left: middle.x - extent / 2 * width, top: middle.y + extent / 2 * height,
      right: middle.x + extent / 2 * width, bottom: middle.y - extent / 2 * height)
    turn = PixelTurn(placement, pixelWidth: width, pixelHeight: height, side: side)
  }

  /// True for numbers with which a crop can be made.
  var isProper: Bool { footprint.isProper && turn?.isFinite ?? true }
}

/// Where the pixels of a view lie among those of its chip. Both have the same middle, so that four
/// numbers say it, and no digits are lost to large map coordinates.
struct PixelTurn: Hashable, Sendable {
  /// What a column of the view adds to the chip's column and row.
  private let columnByColumn: Double
  private let rowByColumn: Double
  /// What a row of the view adds to them.
  private let columnByRow: Double
  private let rowByRow: Double
  private let side: Int

  init(_ placement: AffineTransform, pixelWidth: Double, pixelHeight: Double, side: Int) {
    // The inverse of the placement, applied to steps of (pixelWidth, 0) and (0, −pixelHeight).
    let scale = 1 / placement.determinant
    columnByColumn = placement.rowY * pixelWidth * scale
    rowByColumn = -placement.columnY * pixelWidth * scale
    columnByRow = placement.rowX * pixelHeight * scale
    rowByRow = -placement.columnX * pixelHeight * scale
    self.side = side
  }

  var isFinite: Bool {
    [columnByColumn, rowByColumn, columnByRow, rowByRow].allSatisfy(\.isFinite)
  }

  /// The four pixels of the chip around the middle of a pixel of the view, and their bilinear
  /// weights; nil where less than `leastWeight` of the weight falls on valid pixels of the chip.
  /// - Parameter validity: (side, side): 0 invalid, else valid.
  @inline(__always)
  func taps(column: Int, row: Int, validity: UnsafePointer<UInt8>) -> Taps? {
    let middle = Double(side) / 2
    let x = Double(column) + 0.5 - middle
    let y = Double(row) + 0.5 - middle
    let u = middle + columnByColumn * x + columnByRow * y - 0.5
    let v = middle + rowByColumn * x + rowByRow * y - 0.5
    // Numbers too large for a whole one are outside, and what is not a number is too.
    guard u > -1, v > -1, u < Double(side), v < Double(side) else { return nil }
    let (left, top) = (u.rounded(.down), v.rounded(.down))
    let (right, bottom) = (u - left, v - top)  // the shares of the right column, the lower row
    let (firstColumn, firstRow) = (Int(left), Int(top))
    let columns = (max(firstColumn, 0), min(firstColumn + 1, side - 1))
    let rows = (max(firstRow, 0) * side, min(firstRow + 1, side - 1) * side)
    let places = SIMD4(
      rows.0 + columns.0, rows.0 + columns.1, rows.1 + columns.0, rows.1 + columns.1)
    let columnWeights = (
      firstColumn >= 0 ? 1 - right : 0, firstColumn + 1 < side ? right : 0
    )
    let rowWeights = (firstRow >= 0 ? 1 - bottom : 0, firstRow + 1 < side ? bottom : 0)
    var weights = SIMD4(
      columnWeights.0 * rowWeights.0, columnWeights.1 * rowWeights.0,
      columnWeights.0 * rowWeights.1, columnWeights.1 * rowWeights.1)
    for tap in 0..<4 where validity[places[tap]] == 0 { weights[tap] = 0 }
    let total = weights[0] + weights[1] + weights[2] + weights[3]
    guard total >= Self.leastWeight else { return nil }
    return Taps(places: places, weights: weights / total)
  }

  private static let leastWeight = 0.5

  /// Four pixels of a chip, and weights whose sum is 1.
  struct Taps {
    let places: SIMD4<Int>
    let weights: SIMD4<Double>
  }
}
