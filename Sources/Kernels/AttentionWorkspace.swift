// The memory in which a thread attends: one head of one sequence, copied out of the matrices of all
// heads into micro-panels that the micro-kernel reads one after another.

import Tensors

/// One thread's. Extents are those of the longest sequence; what lies beyond the present one's
/// tokens is zero or left from before, and reaches no result.
struct AttentionWorkspace {
  /// Query rows of a tile, four micro-panels of A: part of the definition of bits, because keys and
  /// values gather their gradients tile by tile. With 400 keys its scores take 75 KB of a core's
  /// second-level cache.
  static let tileRows = 4 * MicroTile.mr

  /// d in whole micro-panels of B.
  let rowWidth: Int
  /// T in whole micro-panels of B: floats from one row of scores to the next.
  let scoreWidth: Int
  /// Floats from one micro-panel of weights to the next: T in whole groups, which are as
  /// wide as micro-panels of B.
  let weightStride: Int
  /// Floats from one micro-panel of A, of depth d, to the next.
  let rowStride: Int
  let scores: UnsafeMutablePointer<Float>  // (tileRows, scoreWidth)
  let scoreGradients: UnsafeMutablePointer<Float>  // (tileRows, scoreWidth)
  /// Or their gradients.
  let weights: UnsafeMutablePointer<Float>  // (panels of A of a tile, weightStride)
  let rows: UnsafeMutablePointer<Float>  // (tileRows, rowWidth): queries scaled; results
  let queriesA: UnsafeMutablePointer<Float>  // (panels of A of a tile, rowStride), scaled
  let queriesB: UnsafeMutablePointer<Float>  // (panels of B of d, tileRows, NR), scaled
  let outputGradientA: UnsafeMutablePointer<Float>  // (panels of A of a tile, rowStride)
  let outputGradientB: UnsafeMutablePointer<Float>  // (panels of B of d, tileRows, NR)
  let transposedKeys: UnsafeMutablePointer<Float>  // (panels of B of T, d, NR)
  let transposedValues: UnsafeMutablePointer<Float>  // (panels of B of T, d, NR)
  let tokens: UnsafeMutablePointer<Float>  // (panels of B of d, T, NR): values, or keys
  let keyGradients: UnsafeMutablePointer<Float>  // (T in whole panels of A, rowWidth)
  let valueGradients: UnsafeMutablePointer<Float>  // (T in whole panels of A, rowWidth)
  let statistics: UnsafeMutablePointer<Float>  // (tileRows, 2)
  private let storage: FloatBuffer

  init(headWidth: Int, longestSequence: Int) {
    let tokenPanels = MicroPanelProduct.panelsOfB(columns: longestSequence)
    rowWidth = MicroPanelProduct.panelsOfB(columns: headWidth) * MicroTile.nr
    // The last micro-panel of A that tokens make reaches up to MR - 1 beyond the last one of B.
    scoreWidth = (tokenPanels + 1) * MicroTile.nr
    weightStride = scoreWidth * MicroTile.mr
    rowStride =
      (headWidth + MicroTile.groupDepth - 1) / MicroTile.groupDepth * MicroTile.groupFloats
    // A depth that is odd may be filled up by one place.
    let transposed = tokenPanels * MicroTile.nr * (headWidth + 1)
    let tokenRows = MicroPanelProduct.panelsOfA(rows: longestSequence) * MicroTile.mr
    let tilePanels = Self.tileRows / MicroTile.mr
    let counts =
      Array(repeating: Self.tileRows * scoreWidth, count: 2) + [tilePanels * weightStride]
      + [Self.tileRows * rowWidth]
      + [tilePanels * rowStride, Self.tileRows * rowWidth]
      + [tilePanels * rowStride, Self.tileRows * rowWidth]
      + [transposed, transposed, rowWidth * (longestSequence + 1)]
      + Array(repeating: tokenRows * rowWidth, count: 2) + [2 * Self.tileRows]
    // Each part begins on a cache line.
    let line = CacheBlocking.lineFloats
    let starts = counts.reduce(into: [0]) { $0.append($0.last! + ($1 + line - 1) / line * line) }
    let storage = FloatBuffer(count: starts.last!)
    var places = starts.makeIterator()
    func part() -> UnsafeMutablePointer<Float> { storage.pointer + places.next()! }
    (scores, scoreGradients, weights, rows) = (part(), part(), part(), part())
    (queriesA, queriesB) = (part(), part())
    (outputGradientA, outputGradientB) = (part(), part())
    (transposedKeys, transposedValues, tokens) = (part(), part(), part())
    (keyGradients, valueGradients, statistics) = (part(), part(), part())
    self.storage = storage
  }

  /// `rows` = factor · source, `rowWidth` floats each.
  func copyRows(of source: MatrixView, factor: Float) -> MatrixView {
    for row in 0..<source.rows {
      let (from, to) = (source.row(row), rows + row * rowWidth)
      @inline(__always)
      func copyLanes(_ i: Int, _ n: Int) {
        to.storeLanes(from.lanes(at: i, count: n) * factor, at: i, count: n)
      }
      forEachVector(source.columns, copyLanes)
    }
    return MatrixView(rows, rows: source.rows, columns: source.columns, stride: rowWidth)
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

  /// What keys and values gather when no query is selected.
  func clearGradients(tokens: Int) {
    keyGradients.update(repeating: 0, count: tokens * rowWidth)
    valueGradients.update(repeating: 0, count: tokens * rowWidth)
  }
}
