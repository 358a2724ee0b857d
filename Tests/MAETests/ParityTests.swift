// MAE against the oracle's answers.

import Basics
import Configuration
import Examination
import Foundation
import Testing

@Suite("MAE is the oracle's") struct MAEParityTests {
  /// As for NeighborMAE: single precision leaves about 10⁻⁷ a value, sums of some thousand of them
  /// in another order a few times that.
  private static let bound = 2e-6

  @Test(
    "Loss, prediction and every gradient agree",
    arguments: ["three-bands", "one-band-plain-targets", "five-bands"])
  func everythingAgrees(file: String) throws {
    let url = try #require(
      Bundle.module.url(forResource: file, withExtension: "safetensors", subdirectory: "Golden"))
    let golden = try GoldenCase(contentsOf: url.path)
    #expect(golden.objective == .mae)
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let report = try Parity.run(golden, pool: pool)
    #expect(report.rows.map(\.name).contains("gradient.mask_token"))
    for row in report.rows { #expect(row.relativeError <= Self.bound, "\(row)") }
  }

  @Test("A case that lacks an image or an answer is refused by what is missing")
  func counts() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "five-bands", withExtension: "safetensors", subdirectory: "Golden"))
    let golden = try GoldenCase(contentsOf: url.path)
    let pool = ThreadPool(threadCount: 1)
    func error(_ change: (inout GoldenCase) -> Void) -> GoldenCaseError? {
      var changed = golden
      change(&changed)
      return #expect(throws: GoldenCaseError.self) { try Parity.run(changed, pool: pool) }
    }
    #expect(
      error { $0.images.removeLast() }
        == .wrongCount(tensor: "input.image", expected: 6250, found: 6249))
    #expect(
      error { $0.expectedVisible = [] }
        == .wrongCount(tensor: "expected.visible", expected: 1, found: 0))
    #expect(
      error { $0.gradients["norm.bias"] = nil } == .missing(tensor: "gradient.norm.bias"))
  }
}
