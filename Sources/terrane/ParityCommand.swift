// `terrane parity`: the numbers of the definition, compared.

import ArgumentParser
import Basics
import Examination
import Foundation

struct ParityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parity",
    abstract: "Compare this program's loss and gradients with a golden file's.",
    discussion: """
      Prints ‖ours − expected‖ / ‖expected‖ for everything the file has an answer to, and exits \
      with 1 when one is above the bound. scripts/golden/make makes such files from the PyTorch \
      definition of the model.
      """)

  @Argument(help: "Golden files (.safetensors).")
  var files: [String]

  @Option(
    help: ArgumentHelp(
      "What products multiply: float32 or bfloat16; by default what the file's definition did.",
      valueName: "arithmetic"))
  var arithmetic: ProductArithmetic?

  @Option(
    help: ArgumentHelp(
      "The largest relative error accepted: by default 1e-4, and where operands are rounded here "
        + "and were not there 3e-2, with SatMAE++, whose slopes have steps, 2e-1.",
      valueName: "bound"))
  var bound: Double?

  @Option(help: "Threads to compute with; the numbers do not depend on it.")
  var threads = 2

  @Flag(help: "Print the worst row of each file only.")
  var brief = false

  func validate() throws {
    if files.isEmpty { throw ValidationError("name at least one golden file") }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
    if let bound, bound <= 0 {
      throw ValidationError("--bound must be positive, found \(bound)")
    }
  }

  func run() throws {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    var isWithin = true
    for file in files {
      var golden = try GoldenCase(contentsOf: file)
      let arithmetic = arithmetic ?? golden.configuration.arithmetic
      let rounding = golden.objective == .satMAEpp ? 2e-1 : 3e-2
      let bound = bound ?? (arithmetic == golden.configuration.arithmetic ? 1e-4 : rounding)
      golden.configuration.arithmetic = arithmetic
      let report = try Parity.run(golden, pool: pool)
      try Answer.print(file)
      for row in brief ? [] : report.rows { try Answer.print("  \(Self.text(row))") }
      if let worst = report.worst {
        try Answer.print("  worst: \(Self.text(worst)), bound \(bound)")
      }
      isWithin = isWithin && report.isWithin(bound)
    }
    if !isWithin { throw ExitCode(1) }
  }

  private static func text(_ row: ParityReport.Row) -> String {
    String(format: "%.1e", row.relativeError) + "  " + row.name
  }
}
