// SatMAE++ against the oracle's answers.

import Basics
import Configuration
import Examination
import Foundation
import Testing

@Suite("SatMAE++ is the oracle's") struct SatMAEppParityTests {
  /// Gradients of the oracle in single precision are within 2·10⁻⁶ of those in double precision,
  /// and ours are sums of some thousand values in another order.
  private static let bound = 1e-5

  private static func golden(_ file: String) throws -> GoldenCase {
    let url = try #require(
      Bundle.module.url(forResource: file, withExtension: "safetensors", subdirectory: "Golden"))
    return try GoldenCase(contentsOf: url.path)
  }

  @Test(
    "Losses, predictions at every scale and every gradient agree",
    arguments: ["twice", "four-times", "plain-targets"])
  func everythingAgrees(file: String) throws {
    let golden = try Self.golden(file)
    #expect(golden.objective == .satMAEpp)
    #expect(golden.expectedLarger.count == (file == "four-times" ? 2 : 1))
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let report = try Parity.run(golden, pool: pool)
    #expect(report.rows.contains { $0.name.hasSuffix(".up_conv.weight") })
    for row in report.rows { #expect(row.relativeError <= Self.bound, "\(row)") }
  }

  @Test("An image or an answer of another size is refused by its name")
  func counts() throws {
    let golden = try Self.golden("twice")
    let pool = ThreadPool(threadCount: 1)
    func error(_ change: (inout GoldenCase) -> Void) -> GoldenCaseError? {
      var changed = golden
      change(&changed)
      return #expect(throws: GoldenCaseError.self) { try Parity.run(changed, pool: pool) }
    }
    let count = golden.images.count
    #expect(
      error { $0.images.removeLast() }
        == .wrongCount(tensor: "input.image", expected: count, found: count - 1))
    #expect(
      error { $0.expectedLarger[0].removeLast() }
        == .wrongCount(tensor: "expected.prediction_2x", expected: count, found: count - 1))
    #expect(error { $0.configuration.upsamplings = 0 } == .noLargerScale)
    #expect(
      error { $0.parameters["proj_up_norm.bias"] = nil }
        == .missing(tensor: "parameter.proj_up_norm.bias"))
  }
}
