// A matrix of doubles, row by row, as linear algebra takes and gives it. Not for training, whose
// matrices are of floats and whose products have bits of their own.

/// Numbers in rows and columns.
package struct DoubleMatrix: Hashable, Sendable {
  package let rows: Int
  package let columns: Int
  /// (rows, columns)
  package var values: [Double]

  /// - Precondition: as many values as rows times columns.
  package init(rows: Int, columns: Int, values: [Double]) {
    precondition(rows >= 0 && columns >= 0 && values.count == rows * columns)
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// A matrix of zeros.
  package init(rows: Int, columns: Int) {
    self.init(
      rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
  }

  package subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// A row's values.
  package func row(_ row: Int) -> ArraySlice<Double> {
    values[row * columns..<(row + 1) * columns]
  }

  /// The matrix of some rows, in the order of their numbers.
  package func selecting(rows selected: [Int]) -> DoubleMatrix {
    var result: [Double] = []
    result.reserveCapacity(selected.count * columns)
    for row in selected { result += self.row(row) }
    return DoubleMatrix(rows: selected.count, columns: columns, values: result)
  }
}
