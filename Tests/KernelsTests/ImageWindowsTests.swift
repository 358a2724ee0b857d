// Windows of images against their definition, a value at a time.

import Basics
import Kernels
import Tensors
import Testing

@Suite("Windows of images") struct ImageWindowsTests {
  /// The value of a window at a place in it, by the definition.
  private static func value(
    _ windows: ImageWindows, _ image: FloatBuffer, _ row: Int, _ column: Int, _ place: Int
  ) -> Float {
    let (pixel, channel) = place.quotientAndRemainder(dividingBy: windows.channels)
    let (dy, dx) = pixel.quotientAndRemainder(dividingBy: windows.windowSide)
    let y = windows.firstRow + row * windows.stride + dy
    let x = windows.firstColumn + column * windows.stride + dx
    guard (0..<windows.side).contains(y), (0..<windows.side).contains(x) else { return 0 }
    return image.pointer[(y * windows.side + x) * windows.channels + channel]
  }

  @Test(
    "Each row of the matrix is a window, with zeros beyond the border",
    arguments: [
      // A 3 × 3 convolution, the four parts of a transposed one, what goes back through it, and
      // windows that lie beyond the border altogether.
      ImageWindows(
        side: 7, channels: 3, windowSide: 3, firstRow: -1, firstColumn: -1, count: 7),
      ImageWindows(
        side: 5, channels: 4, windowSide: 2, firstRow: 0, firstColumn: -1, count: 5),
      ImageWindows(
        side: 8, channels: 2, windowSide: 4, stride: 2, firstRow: -1, firstColumn: -1, count: 4),
      ImageWindows(
        side: 2, channels: 1, windowSide: 2, stride: 3, firstRow: -4, firstColumn: -4, count: 5),
    ])
  func windows(windows: ImageWindows) {
    let (image, _) = normalMatrix(windows.side * windows.side, windows.channels, seed: 81)
    for rows in [0..<windows.count, 1..<windows.count - 1, 2..<2] {
      let result = FloatBuffer(count: rows.count * windows.count * windows.values)
      result.fill(.nan)
      let matrix = MatrixView(
        result, rows: rows.count * windows.count, columns: windows.values)
      windows.unfold(UnsafePointer(image.pointer), rows: rows, into: matrix)
      for row in rows {
        for column in 0..<windows.count {
          let window = matrix.row((row - rows.lowerBound) * windows.count + column)
          for place in 0..<windows.values {
            let expected = Self.value(windows, image, row, column, place)
            #expect(window[place] == expected, "row \(row), column \(column), place \(place)")
          }
        }
      }
    }
  }
}
