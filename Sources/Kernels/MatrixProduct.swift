// Products of matrices over several threads, with the same bits for any number of them. How a product
// is computed follows from its shape alone; threads only choose who computes which block.

import Foundations

public enum MatrixProduct {
  /// Elements of the smallest matrix of a product up to which `TiledProduct` is faster: three
  /// quarters of a megabyte, which a core's second-level cache holds. Larger ones are OpenBLAS's.
  static let largestTiled = 3 << 16
  /// Multiply-adds below which a product is not worth waking a thread for: about 20 µs.
  static let smallestWork = 1 << 21

  /// c = op(a) · op(b) + beta · c over the threads of a pool; beta is 0 or 1.
  ///
  /// - Parameters:
  ///   - room: used until the call returns.
  ///   - prologue: called with the rows and columns of a block before its product, on the same
  ///     thread: what it writes into `c` is what beta 1 adds to.
  ///   - epilogue: the same after the product, while the block is in cache.
  public static func multiply(
    _ a: MatrixView, _ b: MatrixView, transposing: BLAS.Transposition = .none, into c: MatrixView,
    beta: Float = 0, pool: ThreadPool, room: ProductRoom,
    prologue: ((_ rows: Range<Int>, _ columns: Range<Int>) -> Void)? = nil,
    epilogue: ((_ rows: Range<Int>, _ columns: Range<Int>) -> Void)? = nil
  ) {
    precondition(beta == 0 || beta == 1)
    let depth = transposing == .first ? a.rows : a.columns
    precondition(
      (transposing == .first ? a.columns : a.rows) == c.rows
        && (transposing == .second ? b.rows : b.columns) == c.columns
        && (transposing == .second ? b.columns : b.rows) == depth, "shapes of a product disagree")
    // Of weights and their gradients this is the size; of rows it never is.
    let smallest = transposing == .first ? c.rows * c.columns : b.rows * b.columns
    if smallest <= largestTiled {
      let isSmall = c.rows * c.columns * depth < smallestWork
      TiledProduct(
        a: a, b: b, c: c, depth: depth, transposing: transposing, adds: beta == 1,
        threads: isSmall ? 1 : pool.threadCount, room: room
      ).run(pool, prologue: prologue, epilogue: epilogue)
    } else {
      ProductGrid.multiply(
        a, b, transposing: transposing, into: c, beta: beta, pool: pool, prologue: prologue,
        epilogue: epilogue)
    }
  }
}
