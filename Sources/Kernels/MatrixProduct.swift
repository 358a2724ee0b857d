// Products of matrices over the threads of a pool.

import Basics

/// c = op(a) · op(b) or that added to c, for row-major matrices.
///
/// Every element of c is a sum over slices of at most KC = 256 of the depth, each one chain of
/// fused multiply-adds in the order of the depth. So its bits follow from its operands alone: not
/// from the other rows and columns, from threads or blocks, or from the width of the machine's
/// registers.
package enum MatrixProduct {
  /// Which operand is read with rows and columns exchanged.
  package enum Transposition: Sendable {
    case none
    case first
    case second
  }

  /// Multiply-adds below which a product is not worth waking a thread for: about 20 µs.
  static let smallestShared = 1 << 21

  /// - Parameters:
  ///   - a: (rows, depth), or (depth, rows) when transposed.
  ///   - b: (depth, columns), or (columns, depth) when transposed.
  ///   - c: (rows, columns); overwritten, or added to when `adding`.
  ///   - workspace: used until the call returns.
  ///   - rowSums: (rows), written with Σ over the depth of each row of op(a), if asked for; only
  ///     with the first operand transposed.
  ///   - finish: done to blocks of c before or after their product; `residual` overwrites c and is
  ///     not for `adding`.
  /// - Precondition: the shapes agree.
  package static func multiply(
    _ a: MatrixView, _ b: MatrixView, transposing: Transposition = .none, into c: MatrixView,
    adding: Bool = false, rowSums: UnsafeMutablePointer<Float>? = nil,
    finish: ProductFinish = .none, pool: ThreadPool, workspace: ProductWorkspace
  ) {
    precondition(rowSums == nil || transposing == .first)
    precondition(finish.fits(c) && !(adding && finish.isAdded))
    let depth = transposing == .first ? a.rows : a.columns
    precondition(
      (transposing == .first ? a.columns : a.rows) == c.rows
        && (transposing == .second ? b.rows : b.columns) == c.columns
        && (transposing == .second ? b.columns : b.rows) == depth, "shapes of a product disagree")
    let isShared = pool.threadCount > 1 && c.rows * c.columns * depth >= smallestShared
    BlockedProduct(
      a: a, b: b, c: c, depth: depth, transposing: transposing, adding: adding, rowSums: rowSums,
      finish: finish, workspace: workspace, pool: isShared ? pool : nil
    ).multiply()
  }
}
