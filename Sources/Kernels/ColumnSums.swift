// Sums over the rows of a matrix: the gradients of biases. The order of the additions follows from
// the shape.

import Foundations

public enum ColumnSums {
  /// Columns that one part of the job sums: four cache lines of each row.
  static let stripColumns = 64
  /// Rows that are summed on their own before they join the total, so that rounding grows with the
  /// root of the number of such groups and not of all rows.
  static let groupRows = 64

  /// sums = Σ over the rows of `matrix`; equal bits for any number of threads.
  public static func compute(
    _ matrix: MatrixView, into sums: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let strips = (matrix.columns + stripColumns - 1) / stripColumns
    pool.forEach(strips) { strip in
      let start = strip * stripColumns
      let end = min(start + stripColumns, matrix.columns)
      if end - start == stripColumns { return sumStrip(matrix, at: start, into: sums) }
      var column = start
      while column < end {
        let count = min(vectorWidth, end - column)
        sumColumns(matrix, at: column, count: count, into: sums)
        column += count
      }
    }
  }

  /// `sumColumns` of a whole strip: its sums stay in registers while its rows are read once.
  private static func sumStrip(
    _ matrix: MatrixView, at column: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    var total = Strip()
    var row = 0
    while row < matrix.rows {
      let groupEnd = min(row + groupRows, matrix.rows)
      var group = Strip()
      while row < groupEnd {
        group.add(Strip(matrix.row(row) + column))
        row += 1
      }
      total.add(group)
    }
    total.store(to: sums + column)
  }

  /// The 64 columns of one row, or their sums.
  private struct Strip {
    var (a, b, c, d) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var (e, f, g, h) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)

    @inline(__always)
    init() {}

    @inline(__always)
    init(_ row: UnsafeMutablePointer<Float>) {
      (a, b, c, d) = (row.vector(at: 0), row.vector(at: 8), row.vector(at: 16), row.vector(at: 24))
      (e, f, g, h) = (
        row.vector(at: 32), row.vector(at: 40), row.vector(at: 48), row.vector(at: 56)
      )
    }

    @inline(__always)
    mutating func add(_ other: Strip) {
      (a, b, c, d) = (a + other.a, b + other.b, c + other.c, d + other.d)
      (e, f, g, h) = (e + other.e, f + other.f, g + other.g, h + other.h)
    }

    @inline(__always)
    func store(to row: UnsafeMutablePointer<Float>) {
      for (index, vector) in [a, b, c, d, e, f, g, h].enumerated() {
        row.store(vector, at: index * vectorWidth)
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
