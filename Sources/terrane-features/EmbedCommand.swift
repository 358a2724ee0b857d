// `terrane embed`: options in, summary out. What is done for each output is in EmbedWork.swift.

import ArgumentParser
import Basics
import Commands
import Embedding
import EncoderArguments
import Foundation
import Imagery
import SceneArguments
import Scenes

struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Features of scenes and datasets: maps, tables of chips, pictures.",
    usage: """
      terrane embed RUN SCENE… --map OUT.tif [--int8] [--patch-ground 40] [--preview OUT.png]
      terrane embed RUN SCENE…|DATASET --chips OUT.parquet [--pool mean|cls|both]
      """,
    discussion: EmbedHelp.discussion)

  @Argument(help: ArgumentHelp("The run's folder; it may still be training.", valueName: "run"))
  var folder: String

  @Argument(
    help: ArgumentHelp(
      "The scenes: files, folders, @LIST.txt, patterns, addresses, STAC items. Or a dataset's "
        + "folder, for --chips.", valueName: "scene"))
  var inputs: [String]

  @OptionGroup(title: "What is made")
  var output: EmbedOutput

  @OptionGroup(title: "Which encoder")
  var encoder: EncoderArguments

  @OptionGroup(title: "Which scenes and bands")
  var finding: FindingArguments

  @OptionGroup(title: "What pixels mean")
  var reading: ReadingArguments

  func validate() throws {
    if inputs.isEmpty { throw ValidationError("Name at least one scene, or a dataset.") }
    if inputs.count > 1, let dataset = inputs.first(where: Self.isDataset) {
      throw ValidationError("\(dataset) is a dataset; give it alone, or scenes without it.")
    }
    if output.map != nil && isDataset {
      throw ValidationError("--map is made of scenes, and \(inputs[0]) is a dataset; use --chips.")
    }
    let isPlain = try finding.options == InputOptions() && reading.options == ReadingOptions()
    guard isPlain || !isDataset else {
      throw ValidationError(
        "The chips of \(inputs[0]) are read as they were ingested; leave out the options of scenes, "
          + "or name the scenes.")
    }
  }

  private static func isDataset(_ path: String) -> Bool {
    Files.exists(path + "/" + Dataset.descriptionName)
  }

  private var isDataset: Bool { inputs.count == 1 && Self.isDataset(inputs[0]) }

  /// Bytes of rasters that GDAL keeps: enough for the tiles that neighbouring blocks share.
  private static let cacheBytes = 256 << 20

  func run() throws {
    // A file that may not grow is an error of the write.
    Signals.ignore(SIGXFSZ)
    RasterLibrary.initialize(threads: encoder.threadCount, cacheBytes: Self.cacheBytes)
    let table = try output.claimTable(beside: inputs)
    defer { withExtendedLifetime(table) {} }
    let trained = try encoder.encoder(ofRun: folder)
    Notes.say(trained.remarks)
    let pool = ThreadPool(threadCount: encoder.threadCount)
    let work = EmbedWork(
      trained: trained, source: .tokens(of: trained, pool: pool), output: output,
      reading: try reading.options, pool: pool)
    if isDataset {
      let sources = try ChipSources.dataset(Dataset(folder: inputs[0]), for: trained)
      return try work.writeTable(of: sources)
    }
    var options = try finding.options
    options.saysOffset = !reading.offset.isEmpty
    let found = try SceneEncoding.scenes(inputs, options: options, bands: trained.bands)
    for remark in found.remarks { try Answer.print("Note: \(remark).") }
    let maps = try EmbedMaps(for: found.recipes, output)
    if output.chips != nil {
      try work.writeTable(
        of: try ChipSources.scenes(found.recipes, reading: try reading.options, for: trained))
    }
    if let maps { try work.writeMaps(of: found.recipes, to: maps) }
  }
}
