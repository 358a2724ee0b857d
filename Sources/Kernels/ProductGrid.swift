// A product through OpenBLAS on several threads: blocks that are one single-threaded call each.
// OpenBLAS gives other bits when the split changes, so the grid follows from the shape alone.

import Foundations

/// The cut of a product's result into blocks.
public struct ProductGrid: Hashable, Sendable {
  /// Rows, columns and depth of the product.
  public let rows: Int
  public let columns: Int
  /// Blocks along the longer side of the result; the other side is not cut.
  public let blockCount: Int

  /// Extent of a block along the cut side: OpenBLAS is as fast as on the whole, and the packing
  /// that blocks repeat is small beside the product.
  static let preferredExtent = 1024
  /// Multiply-adds below which a product is not worth waking a thread for: about 20 µs.
  static let smallestWork = 1 << 21

  public init(rows: Int, columns: Int, depth: Int) {
    self.rows = rows
    self.columns = columns
    let extent = max(rows, columns)
    if rows * columns * depth < Self.smallestWork || extent < 32 {
      blockCount = 1
    } else {
      // An even number: two, four, … threads get equal work.
      blockCount = max(2, 2 * ((extent + Self.preferredExtent) / (2 * Self.preferredExtent)))
    }
  }

  var cutsRows: Bool { rows >= columns }

  /// The rows and columns of one block. Cuts lie at multiples of 16, the width of OpenBLAS's inner
  /// kernels.
  public func block(_ index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    precondition(index >= 0 && index < blockCount)
    let extent = max(rows, columns)
    func cut(_ index: Int) -> Int {
      index == blockCount ? extent : (extent * index / blockCount + 8) / 16 * 16
    }
    let range = min(cut(index), extent)..<min(cut(index + 1), extent)
    return cutsRows ? (range, 0..<columns) : (0..<rows, range)
  }
}

extension ProductGrid {
  /// c = op(a) · op(b) + beta · c; see `MatrixProduct.multiply`.
  package static func multiply(
    _ a: MatrixView, _ b: MatrixView, transposing: BLAS.Transposition, into c: MatrixView,
    beta: Float = 0, pool: ThreadPool,
    prologue: ((_ rows: Range<Int>, _ columns: Range<Int>) -> Void)? = nil,
    epilogue: ((_ rows: Range<Int>, _ columns: Range<Int>) -> Void)? = nil
  ) {
    let grid = ProductGrid(
      rows: c.rows, columns: c.columns, depth: transposing == .first ? a.rows : a.columns)
    pool.forEach(grid.blockCount) { index in
      let (rows, columns) = grid.block(index)
      prologue?(rows, columns)
      BLAS.multiply(
        transposing == .first
          ? a.slice(rows: 0..<a.rows, columns: rows) : a.slice(rows: rows),
        transposing == .second
          ? b.slice(rows: columns) : b.slice(rows: 0..<b.rows, columns: columns),
        transposing: transposing, into: c.slice(rows: rows, columns: columns), beta: beta)
      epilogue?(rows, columns)
    }
  }
}
