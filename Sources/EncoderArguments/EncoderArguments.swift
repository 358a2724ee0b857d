// The options of a command line that say which encoder of a run is meant, and with how many threads
// it is used.

import ArgumentParser
import Encoders
import Foundation
import Observability
import TrainingRun

extension CheckpointChoice: ExpressibleByArgument {
  public init?(argument: String) { self.init(word: argument) }

  public var defaultValueDescription: String { "newest" }
}

/// Options of loading an encoder.
package struct EncoderArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The checkpoint: newest, best (the lowest held-out loss of those that are there), average (of \
      the parameters, with optimizer.average), or the number of its step.
      """, valueName: "checkpoint"))
  package var from = CheckpointChoice.newest

  @Option(
    help: ArgumentHelp(
      """
      The folder of the run's dataset, where it lies elsewhere by now; its dataset.json is enough, \
      unless chips are asked for. May be given several times.
      """, valueName: "folder"))
  package var data: [String] = []

  @Option(help: ArgumentHelp("Threads to compute with. (default: one a processor)"))
  package var threads: Int?

  private static let mostThreads = 256

  package var threadCount: Int {
    threads ?? min(ProcessInfo.processInfo.activeProcessorCount, Self.mostThreads)
  }

  package init() {}

  package func validate() throws {
    guard (1...Self.mostThreads).contains(threads ?? 1) else {
      throw ValidationError(
        "--threads must be between 1 and \(Self.mostThreads), found \(threads ?? 0)")
    }
  }

  /// Loads the encoder.
  /// - Parameters:
  ///   - folder: of the run.
  ///   - imageSide: in pixels; nil for that of the training.
  /// - Throws: `RunError`, and what is wrong with the run.
  package func encoder(ofRun folder: String, imageSide: Int? = nil) throws -> TrainedEncoder {
    try TrainedEncoder(of: RunFolder(folder), data: data, from: from, imageSide: imageSide)
  }
}
