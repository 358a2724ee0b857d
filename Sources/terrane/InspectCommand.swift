// `terrane inspect`: what a path holds.

import ArgumentParser
import Basics
import Examination
import Observability

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describe a dataset, a run, a checkpoint or a file of one in a few lines.")

  @Argument(
    help: "A folder made by terrane-ingest or terrane train, or a folder or file in such a one.")
  var path: String

  @Flag(
    help: """
      Read every shard of a dataset and hold it against its digest in dataset.json; status 1 if \
      one is wrong.
      """)
  var check = false

  @Flag(help: "List every scene, band and tensor, where otherwise only the first ones are.")
  var all = false

  func run() throws {
    guard check else {
      return try Answer.print(try Inspection.describe(path, all: all), terminator: "")
    }
    let outcome = try DatasetCheck(folder: path, console: Console())
    try Answer.print(outcome.text, terminator: "")
    if !outcome.isSound { throw ExitCode(1) }
  }
}
