// The cut of a product's result into blocks, one thread's each. It decides who computes what and
// when, never a bit of the result.

package struct ProductBlocks {
  private let columns: Cuts
  /// Of all columns but the last ones, and of those.
  private let rows, lastRows: Cuts

  /// Columns come in pairs of micro-panels of B, which wide registers multiply together.
  private static let columnStep = 2 * MicroTile.nr

  /// Blocks for a second operand that is packed once for all of them. Where the work ends, rows are
  /// cut ever finer, so that threads of unequal speed finish together.
  package static func shared(rows: Int, columns: Int, threads: Int) -> ProductBlocks {
    let (height, most) = (MicroTile.mr, CacheBlocking.mc)
    // Three micro-panels of A are the least that make panels of B worth fetching, unless threads
    // would get nothing.
    let least = min(3 * height, max(height, rows / threads))
    return ProductBlocks(
      columns: Cuts(
        extent: columns, parts: Cuts.parts(of: columns, atMost: CacheBlocking.blockColumns),
        step: columnStep),
      rows: Cuts(extent: rows, parts: Cuts.parts(of: rows, atMost: most), step: height),
      lastRows: Cuts(
        extent: rows, most: most, least: threads == 1 ? most : least, shares: 2 * threads,
        step: height))
  }

  /// Blocks that pack both operands themselves: equal ones, as many as give each thread the same
  /// number but for rounding, cut where it has less packed twice.
  package static func selfPacked(rows: Int, columns: Int, threads: Int) -> ProductBlocks {
    var rowParts = Cuts.parts(of: rows, atMost: CacheBlocking.selfPackedRows)
    var columnParts = Cuts.parts(of: columns, atMost: CacheBlocking.selfPackedColumns)
    while rowParts * columnParts % threads != 0 {
      // A further cut of the rows packs all columns once more, and one of the columns all rows.
      if columns > rows { columnParts += 1 } else { rowParts += 1 }
    }
    let rows = Cuts(extent: rows, parts: rowParts, step: MicroTile.mr)
    return ProductBlocks(
      columns: Cuts(extent: columns, parts: columnParts, step: columnStep), rows: rows,
      lastRows: rows)
  }

  package var count: Int {
    columns.count == 0 ? 0 : (columns.count - 1) * rows.count + lastRows.count
  }
  package var largestRows: Int { max(rows.largest, lastRows.largest) }
  package var largestColumns: Int { columns.largest }

  /// Blocks of the same columns follow each other: their panels stay in a cache that threads share.
  package func block(_ index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let column = min(index / max(1, rows.count), columns.count - 1)
    let row = index - column * rows.count
    let isLast = column == columns.count - 1
    return ((isLast ? lastRows : rows).range(row), columns.range(column))
  }
}

/// An extent in parts that begin at multiples of a step: each a share of what is left, within
/// bounds.
private struct Cuts {
  private let extent, most, least, shares, step: Int
  let count: Int

  init(extent: Int, most: Int, least: Int, shares: Int, step: Int) {
    (self.extent, self.most, self.least) = (extent, most, least)
    (self.shares, self.step) = (shares, step)
    var (start, count) = (0, 0)
    while start < extent {
      start += Self.size(left: extent - start, most, least, shares, step)
      count += 1
    }
    self.count = count
  }

  /// Parts of equal size but for rounding; the last may have less.
  init(extent: Int, parts: Int, step: Int) {
    let size = max(step, ((extent + parts - 1) / parts + step - 1) / step * step)
    self.init(extent: extent, most: size, least: size, shares: 1, step: step)
  }

  static func parts(of extent: Int, atMost size: Int) -> Int { max(1, (extent + size - 1) / size) }

  var largest: Int { count == 0 ? 0 : Self.size(left: extent, most, least, shares, step) }

  func range(_ part: Int) -> Range<Int> {
    var start = 0
    for _ in 0..<part { start += Self.size(left: extent - start, most, least, shares, step) }
    return start..<min(start + Self.size(left: extent - start, most, least, shares, step), extent)
  }

  private static func size(left: Int, _ most: Int, _ least: Int, _ shares: Int, _ step: Int) -> Int
  {
    min(max(left / shares, least), most) / step * step
  }
}
