// `terrane export`: an encoder as a folder for others.

import ArgumentParser
import Basics
import Commands
import EncoderArguments
import Export
import Foundation

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a run's encoder as a folder for timm and others that carries its contract.",
    discussion: """
      The folder holds the weights and a configuration for timm, a model card, a STAC item with \
      bands, units, normalisation, ground size and footprints, raw chips with their features, and \
      check.py, which proves that timm gives the same features from the same raw pixels; beside \
      them configurations for terratorch, PANGAEA, torchgeo and torchgeo-bench.

      Features are tokens after the last norm: a class token, then the patches row by row; pooled \
      is the mean of the patches.

      The run may still be training. Positions for another image side are computed from their \
      definition, not interpolated.

      Examples:

        terrane export runs/mine encoders/mine
        terrane export runs/mine encoders/best --from best --license CC-BY-4.0
        terrane export runs/mine encoders/mine-224 --image-side 224

      then, with timm, torch and safetensors from PyPI:

        python encoders/mine/check.py
      """)

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"))
  var folder: String

  @Argument(help: ArgumentHelp("The folder to write.", valueName: "out"))
  var out: String

  @OptionGroup var encoder: EncoderArguments

  @Option(
    help: ArgumentHelp(
      "Pixels along one side of an image, where not that of the training.", valueName: "pixels"))
  var imageSide: Int?

  @Option(
    help: ArgumentHelp(
      "What the encoder is called; the name of the folder when it is not given.",
      valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "The licence of the weights by its SPDX identifier, like CC-BY-4.0.", valueName: "license"))
  var license: String?

  @Flag(help: "Add the whole model, for those who go on training it in PyTorch.")
  var decoder = false

  @Flag(help: "Replace an export that is there.")
  var overwrite = false

  func validate() throws {
    if let imageSide, imageSide < 1 {
      throw ValidationError("--image-side must be positive, found \(imageSide)")
    }
  }

  func run() throws {
    // A file that may not grow is an error of the write.
    Signals.ignore(SIGXFSZ)
    let place = try ExportFolder(out, overwrites: overwrite)
    let options = ExportOptions(
      name: name ?? place.name, license: license, includesDecoder: decoder)
    if let objection = options.objection { throw ValidationError(objection) }
    let trained = try encoder.encoder(ofRun: folder, imageSide: imageSide)
    Notes.say(trained.remarks)
    let pool = ThreadPool(threadCount: encoder.threadCount)
    defer { pool.stop() }
    let export = try EncoderExport(of: trained, options, pool: pool)
    try export.write(to: place)
    try Answer.print(export.facts.answer(path: out))
  }
}
