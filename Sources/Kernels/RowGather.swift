// Gather and scatter: some rows of a matrix, brought together for work that the others need not
// share, and put back.

import Basics

/// Moves within a matrix, some columns at a time over the threads of a pool.
package enum RowGather {
  /// Columns that one part of the job moves: eight cache lines of each row.
  private static let columnsPerPart = 128

  /// Moves the given rows to the first ones, in place, and returns those. What the others held is
  /// lost.
  ///
  /// - Parameter rows: strictly ascending.
  package static func gather(
    _ rows: [Int], of matrix: MatrixView, pool: ThreadPool
  ) -> MatrixView {
    precondition(rows.last.map { $0 < matrix.rows } ?? true, "a row beyond its matrix")
    forEachPart(of: matrix, pool) { part in
      for (target, source) in rows.enumerated() where target != source {
        part.row(target).update(from: part.row(source), count: part.columns)
      }
    }
    return matrix.slice(rows: 0..<rows.count)
  }

  /// The first rows go back to the given ones, from where `gather` took them; all others become
  /// zero.
  ///
  /// - Parameter rows: strictly ascending.
  package static func scatter(_ rows: [Int], of matrix: MatrixView, pool: ThreadPool) {
    precondition(rows.last.map { $0 < matrix.rows } ?? true, "a row beyond its matrix")
    forEachPart(of: matrix, pool) { part in
      var source = rows.count - 1
      for target in (0..<matrix.rows).reversed() {
        if source >= 0 && rows[source] == target {
          if source != target {
            part.row(target).update(from: part.row(source), count: part.columns)
          }
          source -= 1
        } else {
          part.row(target).update(repeating: 0, count: part.columns)
        }
      }
    }
  }

  private static func forEachPart(
    of matrix: MatrixView, _ pool: ThreadPool, _ body: (MatrixView) -> Void
  ) {
    pool.forEach((matrix.columns + columnsPerPart - 1) / columnsPerPart) { part in
      let start = part * columnsPerPart
      body(
        matrix.slice(
          rows: 0..<matrix.rows, columns: start..<min(start + columnsPerPart, matrix.columns)))
    }
  }
}
