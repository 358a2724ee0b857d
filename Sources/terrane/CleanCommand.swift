// `terrane clean`: a run without what nobody needs any more.

import ArgumentParser
import Basics
import Observability
import TrainingRun

struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Remove from a run's folder what nobody needs any more.",
    discussion: """
      The journal of a run that has ended, whose last checkpoint is whole, and files that were \
      begun and never ended. Nothing is removed while a coordinator is at work, and no checkpoint, \
      metrics or log at any time.

      Examples:

        terrane clean runs/mine --dry-run
        terrane clean runs/mine

      Exit statuses:

      \(ExitStatus.help([.done, .failure, .usage, .runIsHeld]))
      """)

  @Argument(help: ArgumentHelp("The folder of a run.", valueName: "run"))
  var folder: String

  @Flag(help: "Say what would be removed, and remove nothing.")
  var dryRun = false

  func run() throws {
    let cleaning = try RunCleaning(of: RunFolder(folder))
    if !dryRun { try cleaning.remove() }
    for item in cleaning.items {
      try Answer.print("\(item.path)  \(HumanFormat.bytes(item.byteCount))  \(item.reason)")
    }
    for item in cleaning.kept {
      try Answer.print(
        "\(item.path)  \(HumanFormat.bytes(item.byteCount))  \(item.reason), kept; remove it yourself"
      )
    }
    let freed = HumanFormat.bytes(cleaning.byteCount)
    try Answer.print(
      cleaning.items.isEmpty
        ? "there is nothing to remove" : dryRun ? "\(freed) could be freed" : "\(freed) freed")
  }
}
