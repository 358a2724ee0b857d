// Some rows of a matrix, brought together for work that the others need not share, and put back.

import Basics

/// Moves within a matrix, strip by strip of its columns over the threads of a pool.
package enum RowMoves {
  /// Columns that one part of the job moves: eight cache lines of each row.
  private static let stripColumns = 128

  /// Moves the given rows to the first ones, in place, and returns those. What the others held is
  /// lost.
  ///
  /// - Parameter rows: strictly ascending.
  package static func gather(
    _ rows: [Int], of matrix: MatrixView, pool: ThreadPool
  ) -> MatrixView {
    precondition(rows.last.map { $0 < matrix.rows } ?? true, "a row beyond its matrix")
    forEachStrip(of: matrix, pool) { strip in
      for (target, source) in rows.enumerated() where target != source {
        strip.row(target).update(from: strip.row(source), count: strip.columns)
      }
    }
    return matrix.slice(rows: 0..<rows.count)
  }

  /// The first rows go back to the given ones, from where `gather` took them; all others become zero.
  ///
  /// - Parameter rows: strictly ascending.
  package static func scatter(_ rows: [Int], of matrix: MatrixView, pool: ThreadPool) {
    precondition(rows.last.map { $0 < matrix.rows } ?? true, "a row beyond its matrix")
    forEachStrip(of: matrix, pool) { strip in
      var source = rows.count - 1
      for target in (0..<matrix.rows).reversed() {
        if source >= 0 && rows[source] == target {
          if source != target {
            strip.row(target).update(from: strip.row(source), count: strip.columns)
          }
          source -= 1
        } else {
          strip.row(target).update(repeating: 0, count: strip.columns)
        }
      }
    }
  }

  private static func forEachStrip(
    of matrix: MatrixView, _ pool: ThreadPool, _ body: (MatrixView) -> Void
  ) {
    pool.forEach((matrix.columns + stripColumns - 1) / stripColumns) { strip in
      let start = strip * stripColumns
      body(
        matrix.slice(
          rows: 0..<matrix.rows, columns: start..<min(start + stripColumns, matrix.columns)))
    }
  }
}
