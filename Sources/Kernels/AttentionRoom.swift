// The memory in which a thread attends: one head of one sequence, copied out of the matrices of all
// heads into strips and panels that `StripProduct` reads one after another.

import Tensors

/// One thread's. Extents are those of the longest sequence; what lies beyond the present one's
/// tokens is zero or left from before, and reaches no result.
struct AttentionRoom {
  /// Query rows of a tile, four strips: part of the definition of bits, because keys and values gather
  /// their gradients tile by tile. With 400 keys its scores take 75 KB of a core's
  /// second-level cache.
  static let tileRows = 4 * StripProduct.height

  /// d in whole panels.
  let rowWidth: Int
  /// T in whole panels: floats from one row of scores to the next.
  let scoreWidth: Int
  /// Floats from one strip of weights to the next: T in whole blocks, which are as
  /// wide as panels.
  let weightStride: Int
  /// Floats from one strip of d columns to the next.
  let rowStride: Int
  let scores: UnsafeMutablePointer<Float>  // (tileRows, scoreWidth)
  let scoreGradients: UnsafeMutablePointer<Float>  // (tileRows, scoreWidth)
  let weights: UnsafeMutablePointer<Float>  // (strips of a tile, weightStride), or their gradients
  let rows: UnsafeMutablePointer<Float>  // (tileRows, rowWidth): queries scaled; results
  let queryStrips: UnsafeMutablePointer<Float>  // (strips of a tile, rowStride), scaled
  let queryPanels: UnsafeMutablePointer<Float>  // (panels of d, tileRows, 16), scaled
  let outputStrips: UnsafeMutablePointer<Float>  // (strips of a tile, rowStride), of gradients
  let outputPanels: UnsafeMutablePointer<Float>  // (panels of d, tileRows, 16), of gradients
  let keysAcross: UnsafeMutablePointer<Float>  // (panels of T, d, 16)
  let valuesAcross: UnsafeMutablePointer<Float>  // (panels of T, d, 16)
  let tokens: UnsafeMutablePointer<Float>  // (panels of d, T, 16): values, or keys
  let keyGradients: UnsafeMutablePointer<Float>  // (T in whole strips, rowWidth)
  let valueGradients: UnsafeMutablePointer<Float>  // (T in whole strips, rowWidth)
  let statistics: UnsafeMutablePointer<Float>  // (tileRows, 2)
  private let storage: FloatBuffer

  init(headWidth: Int, longestSequence: Int) {
    let panels = StripProduct.panels(of: headWidth)
    rowWidth = panels * StripProduct.panelWidth
    // The last strip of tokens reaches up to 11 beyond the last panel.
    scoreWidth = (StripProduct.panels(of: longestSequence) + 1) * StripProduct.panelWidth
    weightStride = scoreWidth * StripProduct.height
    rowStride =
      (headWidth + StripProduct.blockDepth - 1) / StripProduct.blockDepth * StripProduct.blockDepth
      * StripProduct.height
    let across = StripProduct.panels(of: longestSequence) * StripProduct.panelWidth * headWidth
    let tokenRows = StripProduct.strips(of: longestSequence) * StripProduct.height
    let strips = Self.tileRows / StripProduct.height
    let counts =
      Array(repeating: Self.tileRows * scoreWidth, count: 2) + [strips * weightStride]
      + [Self.tileRows * rowWidth]
      + [strips * rowStride, Self.tileRows * rowWidth]
      + [strips * rowStride, Self.tileRows * rowWidth]
      + [across, across, rowWidth * longestSequence]
      + Array(repeating: tokenRows * rowWidth, count: 2) + [2 * Self.tileRows]
    // Each part begins on a cache line.
    let starts = counts.reduce(into: [0]) { $0.append($0.last! + ($1 + 15) / 16 * 16) }
    let storage = FloatBuffer(count: starts.last!)
    func part(_ index: Int) -> UnsafeMutablePointer<Float> { storage.pointer + starts[index] }
    (scores, scoreGradients, weights, rows) = (part(0), part(1), part(2), part(3))
    (queryStrips, queryPanels) = (part(4), part(5))
    (outputStrips, outputPanels) = (part(6), part(7))
    (keysAcross, valuesAcross, tokens) = (part(8), part(9), part(10))
    (keyGradients, valueGradients, statistics) = (part(11), part(12), part(13))
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

  /// What keys and values gather when nobody asks.
  func clearGradients(tokens: Int) {
    keyGradients.update(repeating: 0, count: tokens * rowWidth)
    valueGradients.update(repeating: 0, count: tokens * rowWidth)
  }
}
