// `terrane embed`: options in, summary out. What is done for each output is in EmbedWork.swift.

import ArgumentParser
import Basics
import Commands
import Embedding
import Encoders
import Foundation
import Imagery
import Pictures
import SceneArguments
import Scenes
import TrainingRun

extension Pooling: ExpressibleByArgument {}
extension CropSeams: ExpressibleByArgument {}

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
    try output.check(beside: inputs)
    let trained = try TrainedEncoder(
      of: RunFolder(folder), data: encoder.data, from: encoder.choice)
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
    if output.chips != nil {
      try work.writeTable(
        of: try ChipSources.scenes(found.recipes, reading: try reading.options, for: trained))
    }
    if output.map != nil { try work.writeMaps(of: found.recipes) }
  }
}

/// Options that say what comes out.
struct EmbedOutput: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A map: a cloud-optimised GeoTIFF in the scene's own system, one pixel a patch, a band a "
        + "value (E000, E001, …). Of several scenes a folder, with a map for each.",
      valueName: "out.tif"))
  var map: String?

  @Option(
    help: ArgumentHelp(
      "A table: GeoParquet, one row a chip; beside it a STAC item, OUT.json.",
      valueName: "out.parquet"))
  var chips: String?

  @Option(
    help: ArgumentHelp(
      "A picture of the map: its first three principal components. Of several scenes a folder.",
      valueName: "out.png"))
  var preview: String?

  @Flag(
    name: .customLong("int8"),
    help: "Write the map as bytes: unit vectors by the formula of AlphaEarth's.")
  var isQuantised = false

  @Option(
    help: ArgumentHelp(
      "Metres along a patch of the map. (default: as a patch had them in the training)",
      valueName: "metres"))
  var patchGround: Double?

  @Option(
    help: ArgumentHelp(
      "A patch of the map is the mean over the images that show it, weighted by how far it lies "
        + "from their borders, or taken from the one in which it is most central.",
      valueName: "blend|cut"))
  var seams = CropSeams.blend

  @Option(help: ArgumentHelp("How a chip's tokens become one vector.", valueName: "how"))
  var pool = Pooling.mean

  @Option(
    help: ArgumentHelp(
      "Where the STAC item of the model lies (item.json of `terrane export`), for a link to it.",
      valueName: "address"))
  var modelItem: String?

  @Flag(help: "Replace what is there, once the new files are whole.")
  var overwrite = false

  @Flag(help: "Throw away what a map that was cut has left in OUT.partial, and begin anew.")
  var restart = false

  func validate() throws {
    if map == nil && chips == nil {
      throw ValidationError("Say what is to be made: --map OUT.tif, --chips OUT.parquet, or both.")
    }
    if map == nil && (preview != nil || isQuantised || patchGround != nil || restart) {
      throw ValidationError("--preview, --int8, --patch-ground and --restart go with --map.")
    }
    if let patchGround, !(patchGround > 0 && patchGround.isFinite) {
      throw ValidationError("--patch-ground is \(patchGround); it is a length above 0, in metres.")
    }
  }

  /// Where the STAC item of the table goes: beside it.
  var itemPath: String? {
    chips.map { path in
      let ending = ".parquet"
      return (path.hasSuffix(ending) ? String(path.dropLast(ending.count)) : path) + ".json"
    }
  }

  /// Asks for what would only be noticed at the end.
  /// - Parameter sources: files that are read, and never written over.
  /// - Throws: `EmbeddingError`, `PictureError`, `ValidationError`.
  func check(beside sources: [String]) throws {
    var taken = Set(sources.map(Files.absolute))
    for path in [map, chips].compactMap({ $0 }) {
      if path.isEmpty { throw ValidationError("The name of an output is empty; name a file.") }
      guard taken.insert(Files.absolute(path)).inserted else {
        throw ValidationError(
          "\(path.visible) is what is read, or is to hold two outputs; give each its own name.")
      }
    }
    if let preview, taken.contains(Files.absolute(preview)), preview != map {
      throw ValidationError(
        "\(preview.visible) is what is read, or is to hold two outputs; give each its own name.")
    }
    if let preview, Files.exists(preview), !Files.isFolder(preview), !overwrite {
      throw EmbeddingError.outputExists(path: preview)
    }
    if let chips {
      let item = itemPath ?? chips
      for path in [chips, item] where Files.exists(path) && !overwrite {
        throw EmbeddingError.outputExists(path: path)
      }
      let parent = Files.parent(of: chips)
      guard Files.isFolder(parent) else {
        throw EmbeddingError.noFolder(path: chips, folder: parent)
      }
    }
  }
}

/// Options that say which encoder is meant.
struct EncoderArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The checkpoint: newest, best (the lowest held-out loss of those that are there), or the "
        + "number of its step.", valueName: "checkpoint"))
  var from = "newest"

  @Option(
    help: ArgumentHelp(
      "The folder of the run's dataset, where it is not the one in its configuration; its "
        + "dataset.json is enough. May be given several times.", valueName: "folder"))
  var data: [String] = []

  @Option(help: ArgumentHelp("Threads. (default: one a processor)", valueName: "count"))
  var threads: Int?

  private static let mostThreads = 1024

  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  var choice: CheckpointChoice {
    CheckpointChoice(word: from) ?? .newest
  }

  func validate() throws {
    guard let choice = CheckpointChoice(word: from), choice != .average else {
      throw ValidationError(
        "--from is '\(from)'; it is 'newest', 'best', or the number of a step.")
    }
    guard (1...Self.mostThreads).contains(threads ?? 1) else {
      throw ValidationError(
        "--threads is \(threads ?? 0); it must be from 1 to \(Self.mostThreads).")
    }
  }
}
