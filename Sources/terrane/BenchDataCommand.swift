// `terrane bench data`: from shards to pairs, timed, beside what training takes of them.

import ArgumentParser
import Basics
import Benchmarks

struct BenchDataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Time reading, decoding, cropping, resizing and normalising pairs on one core.",
    discussion: """
      Beside it stands how many pairs a second a training step takes on the given threads: data is \
      no bottleneck while one core makes more.
      """)

  @Argument(help: "The folder of a dataset, as terrane-ingest leaves it.")
  var folder: String

  @OptionGroup var options: BenchOptions

  @Option(help: "Pairs to make.")
  var pairs = 400

  func validate() throws {
    guard (10...1_000_000).contains(pairs) else {
      throw ValidationError("--pairs must be between 10 and 1000000, found \(pairs)")
    }
  }

  func run() throws {
    let side = options.model.configuration(channels: 1).imageSide
    let data = try LoadBenchmark(folder: folder, imageSide: side, pairs: pairs).run()
    let step = try StepBenchmark(
      preset: options.model, pairs: options.batch, threads: options.threads, steps: 4,
      channels: data.channels
    ).run()
    let training = Double(options.batch) / step.medianSeconds
    if options.json {
      return try Answer.print(
        try DataLine(
          model: options.model.rawValue, pairsPerSecond: data.pairsPerSecond,
          trainingPairsPerSecond: training
        ).text())
    }
    try Answer.print(
      TextTable.lines(
        [
          ["pairs a second, data", HumanFormat.decimal(data.pairsPerSecond, places: 1)],
          ["pairs a second, training", HumanFormat.decimal(training, places: 1)],
          ["data over training", HumanFormat.decimal(data.pairsPerSecond / training, places: 1)],
        ], flushLeft: [1]
      ).joined(separator: "\n"))
  }
}

private struct DataLine: JSONReport {
  let model: String
  let pairsPerSecond: Double
  let trainingPairsPerSecond: Double

  enum CodingKeys: String, CodingKey {
    case model
    case pairsPerSecond = "pairs_per_s"
    case trainingPairsPerSecond = "training_pairs_per_s"
  }
}
