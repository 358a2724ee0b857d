// The memory in which a thread attends: one head of one sequence, copied out of the matrices of all
// heads into rows and panels that `TileProduct` reads one after another.

import Tensors

/// One thread's. Extents are those of the longest sequence; what lies beyond the present one's
/// tokens is zero or left from before, and reaches no result.
struct AttentionRoom {
  /// Query rows of a tile: with 400 keys its scores take 75 KB of a core's second-level cache.
  static let tileRows = 48

  /// d rounded up to panels.
  let rowWidth: Int
  /// Floats from one row of scores to the next.
  let scoreWidth: Int
  let scores: UnsafeMutablePointer<Float>  // (tileRows, scoreWidth), then weights
  let scoreGradients: UnsafeMutablePointer<Float>  // (tileRows, scoreWidth)
  let queries: UnsafeMutablePointer<Float>  // (tileRows, rowWidth), scaled
  let outputGradients: UnsafeMutablePointer<Float>  // (tileRows, rowWidth)
  let result: UnsafeMutablePointer<Float>  // (tileRows, rowWidth)
  let keyPanels: UnsafeMutablePointer<Float>  // (panels of 16 tokens, d, 16)
  let valuePanels: UnsafeMutablePointer<Float>  // (panels of 16 tokens, d, 16)
  let keys: UnsafeMutablePointer<Float>  // (T, rowWidth)
  let values: UnsafeMutablePointer<Float>  // (T, rowWidth)
  let keyGradients: UnsafeMutablePointer<Float>  // (T, rowWidth)
  let valueGradients: UnsafeMutablePointer<Float>  // (T, rowWidth)
  private let storage: FloatBuffer

  init(headWidth: Int, longestSequence: Int) {
    rowWidth = TileProduct.roundedColumns(headWidth)
    let columns = TileProduct.roundedColumns(longestSequence)
    // Rows of gradients come in sixes, which may reach beyond the last panel.
    scoreWidth = columns + TileProduct.columnStep
    let tokenRows = TileProduct.roundedRows(longestSequence)
    let counts =
      Array(repeating: Self.tileRows * scoreWidth, count: 2)
      + Array(repeating: Self.tileRows * rowWidth, count: 3)
      + Array(repeating: columns * headWidth, count: 2)
      + Array(repeating: tokenRows * rowWidth, count: 4)
    // Each part begins on a cache line.
    let starts = counts.reduce(into: [0]) { $0.append($0.last! + ($1 + 15) / 16 * 16) }
    let storage = FloatBuffer(count: starts.last!)
    func part(_ index: Int) -> UnsafeMutablePointer<Float> { storage.pointer + starts[index] }
    (scores, scoreGradients) = (part(0), part(1))
    (queries, outputGradients, result) = (part(2), part(3), part(4))
    (keyPanels, valuePanels) = (part(5), part(6))
    (keys, values, keyGradients, valueGradients) = (part(7), part(8), part(9), part(10))
    self.storage = storage
  }

  /// rows = factor · source, back to back with `rowWidth` floats each.
  func copyRows(
    of source: MatrixView, to rows: UnsafeMutablePointer<Float>, factor: Float = 1
  ) {
    for row in 0..<source.rows {
      let from = source.row(row)
      let to = rows + row * rowWidth
      @inline(__always)
      func copyLanes(_ i: Int, _ n: Int) {
        to.storeLanes(from.lanes(at: i, count: n) * factor, at: i, count: n)
      }
      forEachVector(source.columns, copyLanes)
    }
  }

  /// target = factor · rows of `rowWidth` floats; the factor may depend on the row.
  @inline(__always)
  func copyOut(
    _ rows: UnsafePointer<Float>, to target: MatrixView, factor: (_ row: Int) -> Float
  ) {
    for row in 0..<target.rows {
      let from = rows + row * rowWidth
      let to = target.row(row)
      let factor = factor(row)
      forEachVector(target.columns) { i, n in
        to.storeLanes(from.lanes(at: i, count: n) * factor, at: i, count: n)
      }
    }
  }
}
