// The cut of a matrix's rows for passes that go row by row.

import Basics

/// Runs of 64 rows: large enough to be worth handing to a thread, small enough to share evenly. The
/// cut follows from the number of rows alone.
package struct RowBlocks: Hashable, Sendable {
  package static let rowsPerBlock = 64

  package let rows: Int

  package init(rows: Int) { self.rows = rows }

  package var count: Int { (rows + Self.rowsPerBlock - 1) / Self.rowsPerBlock }

  package func range(_ block: Int) -> Range<Int> {
    let start = block * Self.rowsPerBlock
    return start..<min(start + Self.rowsPerBlock, rows)
  }
}
