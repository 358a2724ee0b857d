// Runs programs to their end. For one that is watched while it runs, see `RunningProgram`.

import Foundation

/// What a program left when it ended.
package struct Outcome: Sendable {
  /// As a shell gives it: 128 and the signal's number for a program that a signal ended.
  package let status: Int32
  package let output: String
  package let errors: String
}

/// Runs a program to its end.
/// - Throws: what keeps it from starting; `TimedOut` when it does not end, after killing it.
package func run(
  _ program: String, _ arguments: [String], environment: [String: String] = [:]
) throws -> Outcome {
  let running = try RunningProgram(program, arguments, environment: environment)
  let status = try running.waitForEnd()
  return Outcome(status: status, output: running.output, errors: running.errors)
}

package func terrane(_ arguments: String...) throws -> Outcome {
  try run(Repository.terrane, arguments)
}

package func ingest(_ arguments: String...) throws -> Outcome {
  try run(Repository.ingest, arguments)
}

package enum Repository {
  package static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  package static let landsat = [
    root + "/Samples/landsat/LC08_L1TP_224077_20200518_B4B3B2.tif",
    root + "/Samples/landsat/LC08_L1TP_224078_20200518_B4B3B2.tif",
  ]

  /// Where the build puts programs and tests.
  package static let products = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().path

  /// The programs beside the tests that are running.
  package static let terrane = products + "/terrane"
  package static let ingest = products + "/terrane-ingest"
}
