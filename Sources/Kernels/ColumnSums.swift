// Sums over the rows of a matrix: the last step of gradients that were summed in blocks. The order
// of the additions follows from the shape. Bias gradients come with their product instead.

import Basics

package enum ColumnSums {
  /// Columns that one part of the job sums: four cache lines of each row.
  static let columnsPerPart = 64
  /// Rows that are summed on their own before they join the total, so that rounding grows with the
  /// root of the number of such groups and not of all rows.
  static let groupRows = 64

  /// sums = Σ over the rows of `matrix`; equal bits for any number of threads.
  package static func compute(
    _ matrix: MatrixView, into sums: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let parts = (matrix.columns + columnsPerPart - 1) / columnsPerPart
    pool.forEach(parts) { part in
      let end = min((part + 1) * columnsPerPart, matrix.columns)
      var column = part * columnsPerPart
      while column < end {
        let count = min(vectorWidth, end - column)
        sumColumns(matrix, at: column, count: count, into: sums)
        column += count
      }
    }
  }

  @inline(__always)
  private static func sumColumns(
    _ matrix: MatrixView, at column: Int, count: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    var total = Vector.zero
    var row = 0
    while row < matrix.rows {
      let groupEnd = min(row + groupRows, matrix.rows)
      var group = Vector.zero
      while row < groupEnd {
        group += matrix.row(row).lanes(at: column, count: count)
        row += 1
      }
      total += group
    }
    sums.storeLanes(total, at: column, count: count)
  }
}
