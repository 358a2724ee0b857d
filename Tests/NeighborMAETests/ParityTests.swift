// The network against the oracle's answers.

import Basics
import Examination
import NeighborMAE
import Testing

@Suite("The network is the oracle's")
struct ParityTests {
  /// Single precision leaves about 10⁻⁷ a value; sums over some thousand of them in another order,
  /// a few times that.
  static let bound = 2e-6

  @Test("Loss, prediction, weights and every gradient agree", arguments: GoldenFile.allCases)
  func everythingAgrees(file: GoldenFile) throws {
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let report = try Parity.run(try file.load(), pool: pool)
    for row in report.rows { #expect(row.relativeError <= Self.bound, "\(row)") }
  }
}
