// The network against the oracle's answers.

import Foundation
import Foundations
import NeighborMAE
import Testing

@Suite("The network is the oracle's")
struct ParityTests {
  /// Single precision leaves about 10⁻⁷ a value; sums over some thousand of them in another order, a few times that.
  static let bound = 2e-6

  @Test("Loss, prediction, weights and every gradient agree", arguments: GoldenFile.allCases)
  func everythingAgrees(file: GoldenFile) throws {
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let report = try Parity.run(try file.load(), pool: pool)
    for row in report.rows { #expect(row.relativeError <= Self.bound, "\(row)") }
  }

  /// For golden files beyond the committed ones: TERRANE_GOLDEN names a folder.
  @Test("Golden files of a folder agree")
  func folderAgrees() throws {
    guard let folder = ProcessInfo.processInfo.environment["TERRANE_GOLDEN"] else { return }
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    for name in try Files.list(folder) where name.hasSuffix(".safetensors") {
      let report = try Parity.run(
        try GoldenCase(contentsOf: URL(fileURLWithPath: folder + "/" + name)), pool: pool)
      print(
        name, report.worst.map { "\($0.name) \($0.relativeError)" } ?? "", report.rows[2],
        report.rows[4], report.rows[5])
      for row in report.rows { #expect(row.relativeError <= Self.bound, "\(row)") }
    }
  }
}
