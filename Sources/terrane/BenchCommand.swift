// `terrane bench`: how fast this machine trains, and what bounds it.

import ArgumentParser
import Basics
import Benchmarks
import MaskedAutoencoding

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how fast this machine trains, and what bounds it.",
    discussion: """
      Examples:

        terrane bench step --model tiny --batch 32   # a step on random pairs
        terrane bench floor --model tiny --batch 32  # its products, OpenBLAS
        terrane bench data data/mine --model tiny    # making pairs, one core
        terrane bench exchange --parameters 112e6    # all but computing
        terrane bench codecs                         # encoding gradients, one core

      Other work on the machine changes the numbers: compare programs by running them in turn, as \
      scripts/bench-peer does with PyTorch.
      """,
    subcommands: [
      BenchStepCommand.self, BenchFloorCommand.self, BenchDataCommand.self,
      BenchExchangeCommand.self,
      BenchCodecsCommand.self,
    ])
}

/// Which step is measured.
struct BenchOptions: ParsableArguments {
  @Option(help: "Preset: \(ModelPreset.allCases.map(\.rawValue).joined(separator: ", ")).")
  var model = ModelPreset.tiny

  @Option(help: "Pairs a step; memory grows with them, for base by a tenth of a GiB each.")
  var batch = 16

  @Option(help: "Threads that compute.")
  var threads = 2

  @Flag(help: "Print one line of JSON.")
  var json = false

  func validate() throws {
    guard (1...4096).contains(batch) else {
      throw ValidationError("--batch must be between 1 and 4096, found \(batch)")
    }
    guard (1...256).contains(threads) else {
      throw ValidationError("--threads must be between 1 and 256, found \(threads)")
    }
  }
}

extension ModelPreset: ExpressibleByArgument {}
extension ProductArithmetic: ExpressibleByArgument {}

/// What `--json` prints: one line with sorted keys.
protocol JSONReport: Encodable {}

extension JSONReport {
  func text() throws -> String {
    try JSONText.encode(self, .line)
  }
}
