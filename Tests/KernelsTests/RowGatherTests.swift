// Rows brought together, put back, and nothing else touched.

import Basics
import Kernels
import Tensors
import Testing

@Suite("Gather and scatter of rows")
struct RowGatherTests {
  /// A part of the columns that one job moves, all of them, a little more, several.
  static let widths = [1, 128, 130, 300]
  /// Of nine rows: none, all, the first, the last, every second.
  static let choices: [[Int]] = [
    [], Array(0..<9), [0], [8], [0, 2, 4, 6, 8], [1, 3, 5, 7],
  ]

  /// Tries something on nine rows in the middle of a larger matrix, over 1 and 3 threads.
  static func onSample(
    width: Int, _ body: (_ whole: MatrixView, _ rows: MatrixView, _ pool: ThreadPool) -> Void
  ) {
    for threadCount in [1, 3] {
      let pool = ThreadPool(threadCount: threadCount)
      defer { pool.stop() }
      let (buffer, whole) = normalMatrix(11, width + 7, seed: 51)
      withExtendedLifetime(buffer) {
        body(whole, whole.slice(rows: 1..<10, columns: 3..<3 + width), pool)
      }
    }
  }

  static func values(_ matrix: MatrixView) -> [[Float]] {
    (0..<matrix.rows).map { row in (0..<matrix.columns).map { matrix.row(row)[$0] } }
  }

  @Test("The chosen rows come together in the first ones", arguments: widths, choices)
  func gather(width: Int, chosen: [Int]) {
    Self.onSample(width: width) { _, rows, pool in
      let before = Self.values(rows)
      let gathered = RowGather.gather(chosen, of: rows, pool: pool)
      #expect(gathered.pointer == rows.pointer && gathered.stride == rows.stride)
      #expect(gathered.rows == chosen.count && gathered.columns == width)
      let expected = chosen.map { before[$0] }
      #expect(Self.values(gathered) == expected, "\(pool.threadCount) threads")
    }
  }

  @Test("They go back to where they were, and the others become zero", arguments: widths, choices)
  func scatter(width: Int, chosen: [Int]) {
    Self.onSample(width: width) { _, rows, pool in
      var expected = Self.values(rows)
      for row in 0..<9 where !chosen.contains(row) {
        expected[row] = [Float](repeating: 0, count: width)
      }
      _ = RowGather.gather(chosen, of: rows, pool: pool)
      RowGather.scatter(chosen, of: rows, pool: pool)
      #expect(Self.values(rows) == expected, "\(pool.threadCount) threads")
    }
  }

  @Test("Rows and columns around them stay as they are", arguments: widths, choices)
  func surroundings(width: Int, chosen: [Int]) {
    Self.onSample(width: width) { whole, rows, pool in
      func around() -> [[Float]] {
        var values = Self.values(whole)
        for row in 1..<10 { values[row].removeSubrange(3..<3 + width) }
        return values
      }
      let before = around()
      _ = RowGather.gather(chosen, of: rows, pool: pool)
      let between = around()
      #expect(between == before, "gather over \(pool.threadCount) threads")
      RowGather.scatter(chosen, of: rows, pool: pool)
      let after = around()
      #expect(after == before, "scatter over \(pool.threadCount) threads")
    }
  }
}
