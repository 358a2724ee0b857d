// The cut of a result into blocks: whole, disjoint, and no larger than announced.

import Kernels
import Testing

@Suite("Blocks of a product")
struct ProductBlocksTests {
  /// For panels that all blocks share, and for blocks that pack their own.
  enum Cut: CaseIterable, Sendable {
    case shared
    case selfPacked

    func blocks(rows: Int, columns: Int, threads: Int) -> ProductBlocks {
      switch self {
      case .shared: .shared(rows: rows, columns: columns, threads: threads)
      case .selfPacked: .selfPacked(rows: rows, columns: columns, threads: threads)
      }
    }
  }

  /// Nothing, less than a micro-panel of either kind, a block's most and one more, several blocks
  /// and a rest.
  static let shapes: [(rows: Int, columns: Int)] =
    [0, 1, 11, 12, 37, 144, 145, 400, 1000].flatMap { rows in
      [0, 1, 31, 1152, 1153, 3072].map { columns in (rows: rows, columns: columns) }
    }
  static let threadCounts = [1, 2, 3, 7, 64]

  @Test(
    "Blocks begin with whole micro-panels, in pairs of B; each element lies in one block",
    arguments: Cut.allCases, threadCounts)
  func cover(cut: Cut, threads: Int) throws {
    for (rows, columns) in Self.shapes {
      let blocks = cut.blocks(rows: rows, columns: columns, threads: threads)
      let ranges = (0..<blocks.count).map { blocks.block($0) }
      /// A range of whole steps, of which the last may be cut by the extent.
      func isWhole(_ range: Range<Int>, _ step: Int, _ extent: Int) -> Bool {
        range.lowerBound >= 0 && range.lowerBound % step == 0 && range.upperBound <= extent
          && (range.upperBound % step == 0 || range.upperBound == extent)
      }
      let areWhole = ranges.allSatisfy {
        isWhole($0.rows, 12, rows) && isWhole($0.columns, 32, columns)
      }
      try #require(areWhole, "\(rows) × \(columns)")
      // So the elements of one step in both directions lie in the same blocks: one stands for all.
      let (down, across) = ((rows + 11) / 12, (columns + 31) / 32)
      var blocksOfCell = [Int](repeating: 0, count: down * across)
      for block in ranges {
        for row in stride(from: block.rows.lowerBound, to: block.rows.upperBound, by: 12) {
          for column in stride(
            from: block.columns.lowerBound, to: block.columns.upperBound, by: 32)
          {
            blocksOfCell[row / 12 * across + column / 32] += 1
          }
        }
      }
      #expect(blocksOfCell.allSatisfy { $0 == 1 }, "\(rows) × \(columns)")
    }
  }

  @Test("No block is larger than announced", arguments: Cut.allCases, threadCounts)
  func largest(cut: Cut, threads: Int) {
    for (rows, columns) in Self.shapes {
      let blocks = cut.blocks(rows: rows, columns: columns, threads: threads)
      for index in 0..<blocks.count {
        let block = blocks.block(index)
        #expect(
          block.rows.count <= blocks.largestRows && block.columns.count <= blocks.largestColumns,
          "\(block.rows) × \(block.columns) of \(rows) × \(columns)")
      }
    }
  }
}
