// The cut of a product's result into blocks, one thread's each. It decides who computes what and when,
// never a bit of the result.

struct ProductBlocks {
  private let rows: EvenCuts
  private let columns: EvenCuts

  /// Blocks of about the preferred extents, or less where that gives all threads about the same to do.
  ///
  /// - Parameter packsColumns: each block packs both operands, and not its rows only: a further cut of
  ///   the rows has all columns packed once more, and one of the columns all rows.
  init(
    rows: Int, columns: Int, preferredRows: Int, preferredColumns: Int, packsColumns: Bool,
    threads: Int
  ) {
    func parts(_ extent: Int, _ preferred: Int) -> Int {
      max(1, (extent + preferred - 1) / preferred)
    }
    var columnParts = parts(columns, preferredColumns)
    var rowParts = parts(rows, preferredRows)
    // As many blocks as give each thread the same number, but for rounding to whole strips.
    while threads > 1 && columnParts * rowParts % threads != 0 {
      if packsColumns && columns > rows { columnParts += 1 } else { rowParts += 1 }
    }
    self.rows = EvenCuts(extent: rows, parts: rowParts, step: StripProduct.height)
    self.columns = EvenCuts(extent: columns, parts: columnParts, step: 32)
  }

  var count: Int { rows.count * columns.count }
  var largestRows: Int { rows.largest }
  var largestColumns: Int { columns.largest }

  /// Blocks of the same columns follow each other: their panels stay in a cache that threads share.
  func block(_ index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (column, row) = index.quotientAndRemainder(dividingBy: rows.count)
    return (rows.range(row), columns.range(column))
  }
}

/// An extent in parts of about equal size that begin at multiples of a step.
private struct EvenCuts {
  let extent: Int
  /// Of a part; the last may have less.
  let largest: Int
  let count: Int

  init(extent: Int, parts: Int, step: Int) {
    self.extent = extent
    let share = (extent + parts - 1) / parts
    largest = max(step, (share + step - 1) / step * step)
    count = (extent + largest - 1) / largest
  }

  func range(_ part: Int) -> Range<Int> { part * largest..<min((part + 1) * largest, extent) }
}
