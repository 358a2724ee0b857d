// `terrane inspect`: what a path holds.

import ArgumentParser
import Examination
import Observability

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describe a dataset, a shard, a run or a checkpoint in a few lines.")

  @Argument(help: "A folder made by terrane-ingest or terrane train, a checkpoint, or a shard.")
  var path: String

  @Flag(
    help: """
      Read every shard of a dataset and hold it against its digest in dataset.json; status 1 if one is wrong.
      """)
  var check = false

  func run() throws {
    guard check else { return print(try Inspection.describe(path), terminator: "") }
    let outcome = try DatasetCheck(folder: path, console: Console())
    print(outcome.text, terminator: "")
    if !outcome.isSound { throw ExitCode(1) }
  }
}
