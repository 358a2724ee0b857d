// `terrane reconstruct`: a picture of held-out pairs.

import ArgumentParser
import Basics
import Examination
import Foundation
import Observability
import TrainingRun

struct ReconstructCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct",
    abstract: "Draw what a run's newest checkpoint makes of held-out pairs.",
    discussion: """
      One row a pair: both images, what the model was given, a baseline, the prediction, and how \
      much each pixel's loss weighs. Of a run with model.objective: mae a row is one image, and \
      all its pixels weigh alike. A model predicts the pattern within a patch, but not its mean \
      and deviation: these are estimated from visible patches. The baseline is drawn from them \
      alone, so that what the prediction has besides is the model's.

      Red, green and blue are the bands that are so called, or those of that colour \
      interpretation or of those wavelengths, or B4, B3 and B2, or the first three.

      Examples:

        terrane reconstruct runs/landsat --out picture.png --pairs 8
        terrane reconstruct runs/mine --out infrared.png --bands B8,B4,B3
      """)

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"))
  var folder: String

  @Option(help: ArgumentHelp("The picture to write.", valueName: "file.png"))
  var out: String

  @Option(
    help: ArgumentHelp(
      "Bands to show as red, green and blue, or one as grey: names, or places counted from 1.",
      valueName: "bands"))
  var bands: String?

  @Option(
    help: ArgumentHelp(
      "The folder of the run's dataset, where it lies elsewhere by now.", valueName: "folder"))
  var data: [String] = []

  @Option(help: "Rows to draw.")
  var pairs = 6

  @Option(help: "Threads to compute with.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    if let objection = Reconstruction.objection(toPicture: out) { throw ValidationError(objection) }
    guard (1...Reconstruction.rowLimit).contains(pairs) else {
      throw ValidationError(
        "--pairs must be between 1 and \(Reconstruction.rowLimit), found \(pairs)")
    }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
  }

  func run() throws {
    let reconstruction = try Reconstruction(
      of: RunFolder(folder), data: data, bands: bands, threads: threads)
    try reconstruction.draw(rows: pairs, to: out)
    try Answer.print("wrote \(out)")
  }
}
