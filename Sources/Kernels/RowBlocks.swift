// The cut of a matrix's rows for passes that go row by row.

import Foundations

/// Runs of 64 rows: large enough to be worth handing to a thread, small enough to share evenly. The
/// cut follows from the number of rows alone.
public struct RowBlocks: Hashable, Sendable {
  public static let rowsPerBlock = 64

  public let rows: Int

  public init(rows: Int) { self.rows = rows }

  public var count: Int { (rows + Self.rowsPerBlock - 1) / Self.rowsPerBlock }

  public func range(_ block: Int) -> Range<Int> {
    let start = block * Self.rowsPerBlock
    return start..<min(start + Self.rowsPerBlock, rows)
  }
}
