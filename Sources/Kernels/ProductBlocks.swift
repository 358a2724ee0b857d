// The cut of a product's result into blocks, one thread's each. It decides who computes what and when,
// never a bit of the result.

struct ProductBlocks {
  private let rows: Cuts
  private let columns: Cuts

  /// Blocks for a second operand that is packed once for all of them. Rows are cut ever finer
  /// towards their end, so that threads of unequal speed finish together.
  static func shared(rows: Int, columns: Int, threads: Int) -> ProductBlocks {
    ProductBlocks(
      rows: Cuts(
        extent: rows, most: 144, least: threads == 1 ? 144 : 3 * StripProduct.height,
        shares: 2 * threads, step: StripProduct.height),
      columns: Cuts(extent: columns, parts: Cuts.parts(of: columns, atMost: 1152), step: 32))
  }

  /// Blocks that pack both operands themselves: equal ones, as many as give each thread the same number but
  /// for rounding, cut where it has less packed twice.
  static func selfPacked(rows: Int, columns: Int, threads: Int) -> ProductBlocks {
    var rowParts = Cuts.parts(of: rows, atMost: 384)
    var columnParts = Cuts.parts(of: columns, atMost: 768)
    while threads > 1 && rowParts * columnParts % threads != 0 {
      // A further cut of the rows packs all columns once more, and one of the columns all rows.
      if columns > rows { columnParts += 1 } else { rowParts += 1 }
    }
    return ProductBlocks(
      rows: Cuts(extent: rows, parts: rowParts, step: StripProduct.height),
      columns: Cuts(extent: columns, parts: columnParts, step: 32))
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

/// An extent in parts that begin at multiples of a step: each a share of what is left, within bounds.
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
