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
      """,
    discussion: """
      Cuts every scene into square chips, finds which chips overlap or touch on
      the map, and writes them to OUT as shards of chips that lie close together,
      with statistics of the bands. A compact area is held out for evaluation; no
      chip for training touches it.

      A scene is any raster that GDAL opens: GeoTIFF, JPEG 2000, VRT, … with any
      number of bands of type Byte, UInt16, Int16 or Float32. All scenes need one
      coordinate reference system and the same bands; pixel sizes may differ.
      Nodata values, masks, alpha bands and NaN are honoured: a pixel is valid
      when every band is. What the stride leaves uncovered at the right and lower
      edge becomes chips aligned to the edge.

      OUT appears only when it is whole; until then it is made in OUT.partial.
      Scenes are read in blocks and may be larger than memory. The same scenes
      and options give the same bytes.

      EXAMPLES
        Two Landsat scenes with the defaults:
          terrane-ingest data/parana LC08_224077.tif LC08_224078.tif

        Small chips that only touch, small shards, nothing held out:
          terrane-ingest data/dense tiles/*.tif --chip-side 128 \\
            --stride 128 --chips-per-shard 32 --holdout 0

        What came out:
          terrane inspect data/parana

      EXIT CODES
        0   the dataset is there
        1   it could not be made, and nothing is left behind; or something is, or
            the dataset is there and could not be described: the message says so
        64  wrong usage
        129, 130, 143  stopped by SIGHUP, Ctrl-C or SIGTERM, and nothing is left
            behind

      After a kill -9 or a power cut OUT.partial stays. The next run for the same
      OUT replaces it.
      """,
    version: Release.versionAndCommit)

  @Argument(help: "The dataset's folder; it must not exist or be empty.")
  var out: String

  @Argument(help: ArgumentHelp("The scenes.", valueName: "scene"))
  var scenes: [String]

  @Option(help: ArgumentHelp("Pixels along one side of a chip.", valueName: "pixels"))
  var chipSide = 256

  @Option(
    help: ArgumentHelp(
      "Pixels from one chip of a scene to the next, at most a side. (default: 3/4 of a side)",
      valueName: "pixels"))
  var stride: Int?

  @Option(
    help: ArgumentHelp(
      "Chips with a larger share of invalid pixels are dropped; from 0 to below 1.",
      valueName: "share"))
  var maxNodata = 0.1

  @Option(
    help: ArgumentHelp(
      "Chips in a shard, at most; copies at its border come on top.", valueName: "chips"))
  var chipsPerShard = 256

  @Option(
    help: ArgumentHelp(
      "Share of the chips held out for evaluation, from 0 (none) to below 1.", valueName: "share"))
  var holdout = 0.1

  @Flag(help: "Replace the dataset that is in OUT, once the new one is whole.")
  var overwrite = false

  /// Sides below this hold no useful crop.
  private static let smallestSide = 8

  private var resolvedStride: Int { stride ?? max(1, chipSide * 3 / 4) }

  static func main() { runProgram() }

  func validate() throws {
    guard (Self.smallestSide...ChipLayout.largestSide).contains(chipSide) else {
      throw ValidationError(
        "--chip-side is \(chipSide); it must be from \(Self.smallestSide) to "
          + "\(ChipLayout.largestSide) pixels.")
    }
    guard (1...chipSide).contains(resolvedStride) else {
      throw ValidationError(
        "--stride is \(resolvedStride); it must be from 1 to --chip-side (\(chipSide)), or pixels "
          + "between chips would be lost.")
    }
    for (name, share) in [("--max-nodata", maxNodata), ("--holdout", holdout)] {
      guard (0..<1).contains(share) else {
        throw ValidationError("\(name) is \(share); it is a share, from 0 to below 1.")
      }
    }
    guard (1...1 << 20).contains(chipsPerShard) else {
      throw ValidationError("--chips-per-shard is \(chipsPerShard); it must be from 1 to 1048576.")
    }
  }

  func run() throws {
    RasterLibrary.initialize()
    let options = IngestOptions(
      chipSide: chipSide, stride: resolvedStride, maximumNodata: maxNodata,
      chipsPerShard: chipsPerShard, holdout: holdout)
    let interruption = Interruption()
    let ingest = try Ingest(scenes: scenes, options: options, interruption: interruption)
    let output = try OutputFolder(out, overwrite: overwrite)
    let description: DatasetDescription
    do {
      description = try ingest.run(into: output.partial)
      try output.publish()
    } catch {
      do {
        try output.discard()
      } catch let leftover {
        throw IngestError.leftBehind(path: output.partial, reason: "\(leftover)", after: "\(error)")
      }
      if case IngestError.interrupted(let signal) = error {
        StandardStreams.write("\(error)\n", to: STDERR_FILENO)
        Interruption.end(by: signal)
      }
      throw error
    }
    do {
      try Answer.print(SummaryText.text(of: description, at: output.path), terminator: "")
    } catch {
      throw IngestError.undescribed(path: output.path, reason: "\(error)")
    }
  }
}
