// The command line of terrane-ingest: options in, summary out.

import ArgumentParser
import Basics
import Commands
import Foundation
import Imagery
import Ingestion
import Scenes

@main
struct TerraneIngest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terrane-ingest",
    abstract: "Make a dataset for `terrane train` from georeferenced scenes.",
    usage: """
      terrane-ingest OUT SCENE… [--chip-side 256] [--stride 192] [--max-nodata 0.1]
                     [--chips-per-shard 256] [--holdout 0.1] [--overwrite]
      terrane-ingest OUT SCENE… --dry-run
      terrane-ingest OUT SCENE… --add
      terrane-ingest OUT SCENE… --stage scan|plan|write|finish [--part 2/8]
      """,
    discussion: IngestHelp.discussion,
    version: Release.versionAndCommit)

  @Argument(help: "The dataset's folder; it must not exist or be empty.")
  var out: String

  @Argument(help: ArgumentHelp("The scenes.", valueName: "scene"))
  var scenes: [String]

  @OptionGroup(title: "Chips and shards")
  var chips: ChipArguments

  @OptionGroup(title: "The run")
  var running: RunArguments

  static func main() { runProgram() }

  func run() throws {
    RasterLibrary.initialize()
    let interruption = Interruption()
    let output = try OutputFolder(out, mode: running.mode)
    let ingest = Ingest(
      try request(output), into: output, threads: running.threadCount, restarts: running.restart,
      interruption: interruption)
    let description: DatasetDescription?
    do {
      description = try result(of: ingest)
    } catch IngestError.interrupted(let signal) {
      let advice =
        running.dryRun
        ? "nothing is left behind"
        : "run the same command again to go on, or remove \(output.partial)"
      StandardStreams.write(
        "\(IngestError.interrupted(signal: signal)); \(advice)\n", to: STDERR_FILENO)
      Interruption.end(by: signal)
      return
    }
    do {
      try Answer.print(text(description, output), terminator: "")
    } catch {
      throw IngestError.undescribed(path: output.path, reason: "\(error)")
    }
  }

  /// What is asked for, in one value. Options of finding and reading scenes join it here.
  private func request(_ output: OutputFolder) throws -> IngestRequest {
    guard running.add else {
      return IngestRequest(
        inputs: scenes, options: chips.options(skippingUnreadable: running.skipUnreadable))
    }
    let sources = try DatasetSources.read(of: output.path)
    return IngestRequest(
      inputs: scenes,
      options: try chips.options(
        of: sources.options, at: output.path, skippingUnreadable: running.skipUnreadable),
      base: try output.version())
  }

  private func result(of ingest: Ingest) throws -> DatasetDescription? {
    if let stage = running.stage { return try ingest.run(stage, running.resolvedPart) }
    if running.dryRun { return try ingest.dryRun() }
    return try ingest.run { StandardStreams.write($0 + "\n", to: STDERR_FILENO) }
  }

  private func text(_ description: DatasetDescription?, _ output: OutputFolder) -> String {
    guard let description else {
      let part = running.part.map { ", part \($0)" } ?? ""
      return "\(running.stage?.rawValue ?? "")\(part): done in \(output.partial)\n"
    }
    return SummaryText.text(of: description, at: output.path, isDryRun: running.dryRun)
  }
}
