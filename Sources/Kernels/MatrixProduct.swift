// Products of matrices over the threads of a pool.

import Basics

/// c = op(a) · op(b) or that added to c, for row-major matrices.
///
/// Every element of c is a sum over runs of at most 256 of the depth, each run one chain of fused multiply-adds in
/// the order of the depth. So its bits follow from its operands alone: not from the other rows and
/// columns, from threads or blocks, or from the width of the machine's registers.
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
  ///   - room: used until the call returns.
  ///   - rowSums: (rows), written with Σ over the depth of each row of op(a), if asked for; only with
  ///     the first operand transposed.
  ///   - finish: done to blocks of c before or after their product; `residual` overwrites c and is
  ///     not for `adding`.
  /// - Precondition: the shapes agree.
  package static func multiply(
    _ a: MatrixView, _ b: MatrixView, transposing: Transposition = .none, into c: MatrixView,
    adding: Bool = false, rowSums: UnsafeMutablePointer<Float>? = nil,
    finish: ProductFinish = .none, pool: ThreadPool, room: ProductRoom
  ) {
    multiply(
      a, b, transposing: transposing, into: c, adding: adding, rowSums: rowSums, finish: finish,
      pool: pool, room: room, onWideRegisters: WideRegisters.arePresent)
  }

  /// The same with registers of choice, which choose no bit of the result.
  package static func multiply(
    _ a: MatrixView, _ b: MatrixView, transposing: Transposition, into c: MatrixView,
    adding: Bool, rowSums: UnsafeMutablePointer<Float>?, finish: ProductFinish, pool: ThreadPool,
    room: ProductRoom, onWideRegisters isWide: Bool
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
      finish: finish, isWide: isWide, room: room, pool: isShared ? pool : nil
    ).multiply()
  }
}
