// `terrane embed`: options in, summary out.

import ArgumentParser
import Basics
import Embedding
import Encoders
import Foundation
import SceneArguments
import Scenes
import TrainingRun

struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Features of scenes and datasets: maps, tables of chips, pictures.")

  @Argument(help: ArgumentHelp("The run's folder; it may still be training.", valueName: "run"))
  var folder: String

  @Argument(help: ArgumentHelp("The scenes, or the folder of a dataset.", valueName: "scene"))
  var inputs: [String]

  @OptionGroup(title: "Which scenes and bands")
  var finding: FindingArguments

  @OptionGroup(title: "What pixels mean")
  var reading: ReadingArguments

  func run() throws {
    RasterLibrary.initialize()
    let trained = try TrainedEncoder(of: RunFolder(folder))
    let pool = ThreadPool(threadCount: ProcessInfo.processInfo.activeProcessorCount)
    let source = FeatureSource.tokens(of: trained, pool: pool)
    let found = try SceneEncoding.scenes(
      inputs, options: try finding.options, bands: trained.bands)
    for recipe in found.recipes {
      let reader = try SceneEncoding.open(
        recipe, reading: try reading.options, bands: trained.bands)
      let map = try FeatureMap(
        reader, by: source, normalization: trained.normalization,
        patchPixels: try PatchSize.pixels(
          ground: PatchSize.ground(ofTraining: trained), in: reader),
        pool: pool)
      for block in map.blocks { _ = try map.compute(block) }
      try Answer.print("\(recipe.name): \(map.grid.width) × \(map.grid.height) patches")
    }
  }
}
