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

  @Option(help: "The largest relative error accepted.")
  var bound = 1e-4

  @Option(help: "Threads to compute with; the numbers do not depend on it.")
  var threads = 2

  @Flag(help: "Print the worst row of each file only.")
  var brief = false

  func validate() throws {
    if files.isEmpty { throw ValidationError("name at least one golden file") }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
    guard bound > 0 else { throw ValidationError("--bound must be positive, found \(bound)") }
  }

  func run() throws {
    let pool = ThreadPool(threadCount: threads)
    defer { pool.stop() }
    var isWithin = true
    for file in files {
      let report = try Parity.run(GoldenCase(contentsOf: file), pool: pool)
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
