// The command line of terrane-ingest: options in, summary out.

import ArgumentParser
import Basics
import Commands
import Foundation
import Imagery
import Ingestion
import SceneArguments
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

  @Argument(
    help: ArgumentHelp(
      "The scenes: files, folders, @LIST.txt, patterns, addresses, STAC items.",
      valueName: "scene"))
  var scenes: [String] = []

  @OptionGroup(title: "Chips and shards")
  var chips: ChipArguments

  @OptionGroup(title: "Which scenes and bands")
  var finding: FindingArguments

  @OptionGroup(title: "What pixels mean")
  var reading: ReadingArguments

  @OptionGroup(title: "The run")
  var running: RunArguments

  static func main() { runProgram() }

  func run() throws {
    try Ingest.requireMemory(threads: running.threadCount)
    RasterLibrary.initialize(threads: running.threadCount)
    let interruption = Interruption()
    let output = try OutputFolder(out, mode: running.mode)
    let ingest = Ingest(
      try request(output), into: output, threads: running.threadCount, restarts: running.restart,
      interruption: interruption
    ) { StandardStreams.write($0 + "\n", to: STDERR_FILENO) }
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
    } catch let error as IngestError where error.isAnswer {
      return try Answer.print("\(error)")
    }
    do {
      try Answer.print(text(description, output), terminator: "")
    } catch {
      throw IngestError.undescribed(path: output.path, reason: "\(error)")
    }
  }

  func validate() throws {
    if scenes.isEmpty && finding.footprints == nil {
      throw ValidationError("Name at least one scene, or --footprints of images.")
    }
  }

  /// What is asked for, in one value. Scenes are added as the others of the dataset were read,
  /// unless it is said otherwise how they are to be found.
  private func request(_ output: OutputFolder) throws -> IngestRequest {
    var options = try chips.options(finding: try finding.options, reading: try reading.options)
    options.finding.saysOffset = !reading.offset.isEmpty
    options.finding.skipsUnreadable = running.skipUnreadable
    guard running.add else { return IngestRequest(inputs: scenes, options: options) }
    let recorded = try DatasetSources.read(of: output.path).options
    var same = try chips.options(of: recorded, at: output.path)
    same.finding = options.finding
    if options.reading != ReadingOptions() && options.reading != recorded.reading {
      throw IngestError.otherReading(path: output.path)
    }
    if options.avoided != nil { same.avoided = options.avoided }
    return IngestRequest(inputs: scenes, options: same, base: try output.version())
  }

  private func result(of ingest: Ingest) throws -> DatasetDescription? {
    if let stage = running.stage { return try ingest.run(stage, running.resolvedPart) }
    if running.dryRun { return try ingest.dryRun() }
    return try ingest.run()
  }

  private func text(_ description: DatasetDescription?, _ output: OutputFolder) -> String {
    guard let description else {
      let part = running.part.map { ", part \($0)" } ?? ""
      return "\(running.stage?.rawValue ?? "")\(part): done in \(output.partial)\n"
    }
    return SummaryText.text(of: description, at: output.path, isDryRun: running.dryRun)
  }
}
