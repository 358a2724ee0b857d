// `terrane reconstruct`: a picture of held-out pairs.

import ArgumentParser
import ClusterRuntime
import Examination
import Foundation

struct ReconstructCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct",
    abstract: "Draw what a run's newest checkpoint makes of held-out pairs.",
    discussion: """
      One row a pair: both images, what the model was given, what it made of the rest, which pixels the \
      neighbour shows, and how much each pixel's loss weighs.

      Example:

        terrane reconstruct runs/landsat --out picture.png --pairs 8
      """)

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"))
  var folder: String

  @Option(help: "The picture to write (PNG).")
  var out: String

  @Option(help: "Rows to draw.")
  var pairs = 6

  @Option(help: "Threads to compute with.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard (1...Reconstruction.pairLimit).contains(pairs) else {
      throw ValidationError(
        "--pairs must be between 1 and \(Reconstruction.pairLimit), found \(pairs)")
    }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
  }

  func run() throws {
    try Reconstruction(of: RunFolder(folder), threads: threads).draw(pairs: pairs, to: out)
    print("wrote \(out)")
  }
}
