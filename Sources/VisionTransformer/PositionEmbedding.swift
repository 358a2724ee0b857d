// Where a patch lies, as a network sees it: sines and cosines of its four edges in the frame of its
// image.

import Basics
import Tensors

/// The table of one width. A patch's embedding is four of its rows, so that each sine is computed
/// once per edge and not once per patch.
///
/// With f = width / 8 frequencies 10000^(−k/(f−1)), the row of an edge at e holds sin(e·frequency)
/// and then cos(e·frequency): 2f floats. A patch's embedding is the rows of its left, top, right
/// and bottom edge.
package struct PositionEmbedding: Sendable {
  /// Patches along one side of an image.
  package let grid: Int
  /// Of a token.
  package let width: Int
  private let frequencies: [Float]
  /// Of the patches' edges, from 0 to 1; (grid + 1)
  private let fractions: [Float]

  /// - Precondition: `width` is a multiple of 8.
  package init(grid: Int, width: Int) {
    self.grid = grid
    self.width = width
    fractions = EvenSpacing.numbers(from: 0, to: 1, count: grid + 1)
    frequencies = EvenSpacing.numbers(from: 0, to: 1, count: width / 8).map { exponent in
      Float(PortableMath.exp(-Double(exponent) * PortableMath.log(10_000)))
    }
  }

  /// Floats of one edge's row.
  var rowWidth: Int { 2 * frequencies.count }

  /// Floats of the table of one image: grid + 1 edges along x, then as many along y.
  package var tableCount: Int { 2 * (grid + 1) * rowWidth }

  /// Writes the table of an image whose box is given, (2, grid + 1, rowWidth).
  package func fillTable(_ table: UnsafeMutablePointer<Float>, box: FrameBox) {
    for (axis, (start, extent)) in [
      (box.left, box.right - box.left), (box.top, box.bottom - box.top),
    ].enumerated() {
      for (index, fraction) in fractions.enumerated() {
        let edge = start + extent * fraction
        let row = table + (axis * (grid + 1) + index) * rowWidth
        for (k, frequency) in frequencies.enumerated() {
          let value = PortableMath.sineCosine(Double(edge * frequency))
          row[k] = Float(value.sine)
          row[frequencies.count + k] = Float(value.cosine)
        }
      }
    }
  }

  /// token = embedding of a patch + addend; all are (width).
  package func write(
    _ token: UnsafeMutablePointer<Float>, patch: Int, table: UnsafePointer<Float>,
    addend: UnsafePointer<Float>
  ) {
    let (row, column) = patch.quotientAndRemainder(dividingBy: grid)
    let below = grid + 1
    let edges = (column, below + row, column + 1, below + row + 1)
    copy(token, 0, table, edges.0, addend)
    copy(token, 1, table, edges.1, addend)
    copy(token, 2, table, edges.2, addend)
    copy(token, 3, table, edges.3, addend)
  }

  @inline(__always)
  private func copy(
    _ token: UnsafeMutablePointer<Float>, _ part: Int, _ table: UnsafePointer<Float>, _ edge: Int,
    _ addend: UnsafePointer<Float>
  ) {
    let offset = part * rowWidth
    let source = table + edge * rowWidth
    for k in 0..<rowWidth { token[offset + k] = source[k] + addend[offset + k] }
  }

  /// (L, width): of the patches of an image that is alone in its frame.
  package var ofImageAlone: [Float] {
    let width = 4 * rowWidth
    let table = FloatBuffer(count: tableCount)
    let zeros = FloatBuffer(count: width)
    zeros.fill(0)
    let positions = FloatBuffer(count: grid * grid * width)
    return withExtendedLifetime((table, zeros, positions)) {
      fillTable(table.pointer, box: .alone)
      for patch in 0..<grid * grid {
        write(
          positions.pointer + patch * width, patch: patch, table: table.pointer,
          addend: zeros.pointer)
      }
      return Array(positions.values)
    }
  }
}
