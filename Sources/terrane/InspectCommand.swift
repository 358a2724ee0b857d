// `terrane inspect`: what a path holds.

import ArgumentParser
import Examination

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describe a dataset, a shard, a run or a checkpoint in a few lines.")

  @Argument(help: "A folder made by terrane-ingest or terrane train, a checkpoint, or a shard.")
  var path: String

  func run() throws { print(try Inspection.describe(path), terminator: "") }
}
