// `terrane bench floor`: a step's naive products alone, timed.

import ArgumentParser
import Basics
import Benchmarks

struct BenchFloorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "floor",
    abstract: "Time a step's matrix products alone, done naively through OpenBLAS.",
    discussion: """
      Every linear layer's three products and every attention's six, on all tokens, visible or \
      masked, every pair with the most visible patches that mask ratios leave: what a batched, \
      padded program multiplies. Needs OpenBLAS (Debian's libopenblas0), which training does not. \
      Large products are spread over the threads in two ways, in turn: by a grid of \
      single-threaded calls and by OpenBLAS itself; the faster one counts. Attention goes a head \
      and sequence at a time, one thread each. Beside it stands what one large product of this \
      program's own reaches in each arithmetic.
      """)

  @OptionGroup var options: BenchOptions

  @Option(help: "How often to run all products in each way.")
  var rounds = 5

  func validate() throws {
    guard (1...10_000).contains(rounds) else {
      throw ValidationError("--rounds must be between 1 and 10000, found \(rounds)")
    }
  }

  func run() throws {
    let report = try ProductFloor(
      preset: options.model, pairs: options.batch, threads: options.threads
    ).run(rounds: rounds)
    let fastest = report.fastest
    if options.json {
      let line = FloorLine(
        model: options.model.rawValue, pairsPerStep: options.batch, threads: options.threads,
        median: fastest.seconds, spread: fastest.spread.rawValue,
        operations: report.operations / 1e9,
        productSpeeds: Dictionary(
          uniqueKeysWithValues: report.productSpeeds.map { ($0.rawValue, $1 / 1e9) }))
      return try Answer.print(try line.text())
    }
    var rows = report.seconds.keys.sorted { $0.rawValue < $1.rawValue }.map { spread in
      [
        "spread by " + spread.rawValue,
        HumanFormat.duration(.seconds((report.seconds[spread] ?? []).median ?? .nan)),
      ]
    }
    rows.append(["work", HumanFormat.decimal(report.operations / 1e9, places: 1) + " GFLOP"])
    rows.append([
      "speed",
      HumanFormat.decimal(report.operations / fastest.seconds / 1e9, places: 1) + " GFLOP/s",
    ])
    for (arithmetic, speed) in report.productSpeeds.sorted(by: { $0.value < $1.value }) {
      rows.append([
        "this machine's products, \(arithmetic.rawValue)",
        HumanFormat.decimal(speed / 1e9, places: 1) + " GFLOP/s",
      ])
    }
    try Answer.print(TextTable.lines(rows, flushLeft: [1]).joined(separator: "\n"))
  }
}

private struct FloorLine: JSONReport {
  let model: String
  let pairsPerStep: Int
  let threads: Int
  let median: Double
  let spread: String
  let operations: Double
  let productSpeeds: [String: Double]

  enum CodingKeys: String, CodingKey {
    case model, threads, spread
    case pairsPerStep = "pairs_per_step"
    case median = "median_s"
    case operations = "gflop_per_step"
    case productSpeeds = "product_gflop_per_s"
  }
}
