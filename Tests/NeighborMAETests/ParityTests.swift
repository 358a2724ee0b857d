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

  /// The cases are such that no operand lies so close to the middle of two bfloat16 that sums in
  /// another order would round it to the other one: then the bound is float32's.
  @Test(
    "So it is with operands rounded to bfloat16, there and here", arguments: GoldenFile.allCases)
  func roundedAgrees(file: GoldenFile) throws {
    let golden = try file.load("-bfloat16")
    #expect(golden.configuration.arithmetic == .bfloat16)
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let report = try Parity.run(golden, pool: pool)
    for row in report.rows { #expect(row.relativeError <= Self.bound, "\(row)") }
  }

  /// Each operand is off by up to 2⁻⁹ of itself, 2⁻¹⁰·⁸ in the mean square, in both factors of some
  /// ten products in turn, and gradients go through all of them twice.
  static let roundingBound = 3e-2

  @Test(
    "Operands rounded here alone leave the definition by what rounding explains, and do",
    arguments: GoldenFile.allCases)
  func roundingIsSmall(file: GoldenFile) throws {
    var golden = try file.load()
    golden.configuration.arithmetic = .bfloat16
    let pool = ThreadPool(threadCount: 2)
    defer { pool.stop() }
    let report = try Parity.run(golden, pool: pool)
    for row in report.rows { #expect(row.relativeError <= Self.roundingBound, "\(row)") }
    #expect(!report.isWithin(1e-4), "nothing was rounded")
  }
}
