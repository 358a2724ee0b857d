// Windows of an image as rows of a matrix, so that a convolution is a product: what others call
// im2col. Not here: the products, and what becomes of them.

/// Where the windows of a square image lie. Pixels are stored row by row, the channels of a pixel
/// together; what lies beyond the border is zero.
package struct ImageWindows: Hashable, Sendable {
  /// S: pixels along a side of the image.
  package let side: Int
  /// D: values of a pixel.
  package let channels: Int
  /// k: pixels along a side of a window.
  package let windowSide: Int
  /// Pixels from one window to the next.
  package let stride: Int
  /// Where the first window begins: the row and the column of its first pixel, which may lie beyond
  /// the border.
  package let firstRow: Int
  package let firstColumn: Int
  /// T: windows along a side.
  package let count: Int

  /// - Precondition: the extents are positive.
  package init(
    side: Int, channels: Int, windowSide: Int, stride: Int = 1, firstRow: Int, firstColumn: Int,
    count: Int
  ) {
    precondition(side > 0 && channels > 0 && windowSide > 0 && stride > 0 && count > 0)
    self.side = side
    self.channels = channels
    self.windowSide = windowSide
    self.stride = stride
    self.firstRow = firstRow
    self.firstColumn = firstColumn
    self.count = count
  }

  /// Values of a window, ordered (row, column, channel).
  package var values: Int { windowSide * windowSide * channels }

  /// A row for each window of some rows of windows.
  /// - Parameters:
  ///   - image: (S, S, D).
  ///   - rows: of windows, in 0..<T.
  ///   - windows: (rows · T, k·k·D), overwritten.
  package func unfold(
    _ image: UnsafePointer<Float>, rows: Range<Int>, into windows: MatrixView
  ) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= count)
    precondition(windows.rows == rows.count * count && windows.columns == values)
    let run = windowSide * channels
    for row in rows {
      for column in 0..<count {
        let window = windows.row((row - rows.lowerBound) * count + column)
        let x = firstColumn + column * stride
        let (low, high) = (min(max(0, -x), windowSide), max(min(windowSide, side - x), 0))
        for offset in 0..<windowSide {
          let y = firstRow + row * stride + offset
          let out = window + offset * run
          if y < 0 || y >= side || low >= high {
            out.update(repeating: 0, count: run)
            continue
          }
          if low > 0 { out.update(repeating: 0, count: low * channels) }
          (out + low * channels).update(
            from: image + (y * side + x + low) * channels, count: (high - low) * channels)
          if high < windowSide {
            (out + high * channels).update(repeating: 0, count: (windowSide - high) * channels)
          }
        }
      }
    }
  }
}
