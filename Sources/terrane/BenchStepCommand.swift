// `terrane bench step`: one training step, timed.

import ArgumentParser
import Basics
import Benchmarks
import Configuration

struct BenchStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step",
    abstract: "Time a training step on random pairs or images: forward, backward and AdamW.",
    discussion: """
      Prints the median and the fastest step, where the mean step's time goes, how many operations \
      its matrix products are and which share of this machine's measured product speed that is, \
      what the steps after the first one left on the heap, and the most memory the process ever \
      held. One step before the measured ones warms up. Pairs are random pixels with random \
      footprints and masks, as scripts/torch-peer draws them. With --objective mae a batch is of \
      single images.

      With --json, one line with the fields that scripts/torch-peer prints, and more.
      """)

  @OptionGroup var options: BenchOptions

  @Option(help: "Steps to time.")
  var steps = 6

  @Option(
    help: "Objective: \(ObjectiveKind.allCases.map(\.rawValue).joined(separator: ", ")).")
  var objective = ObjectiveKind.neighborMAE

  @Option(
    help:
      "What products multiply: \(ProductArithmetic.allCases.map(\.rawValue).joined(separator: ", "))."
  )
  var arithmetic = ProductArithmetic.float32

  @Option(help: .hidden)
  var productPath: ProductPath?

  func validate() throws {
    guard (1...100_000).contains(steps) else {
      throw ValidationError("--steps must be between 1 and 100000, found \(steps)")
    }
  }

  func run() throws {
    let report = try StepBenchmark(
      objective: objective, preset: options.model, pairs: options.batch, threads: options.threads,
      steps: steps, arithmetic: arithmetic, path: productPath
    ).run()
    try Answer.print(options.json ? try line(report) : text(report))
  }

  private func text(_ report: StepBenchmark.Report) -> String {
    let median = report.medianSeconds
    let speed = report.operations / median
    var rows = [
      ["median step", HumanFormat.duration(.seconds(median))],
      ["fastest step", HumanFormat.duration(.seconds(report.fastestSeconds))],
      [
        "\(objective.sampleName)s a second",
        HumanFormat.decimal(Double(options.batch) / median, places: 2),
      ],
      ["work a step", HumanFormat.decimal(report.operations / 1e9, places: 1) + " GFLOP"],
      ["speed", HumanFormat.decimal(speed / 1e9, places: 1) + " GFLOP/s"],
      [
        "of this machine's products",
        HumanFormat.percent(speed / report.productSpeed)
          + " of \(HumanFormat.decimal(report.productSpeed / 1e9, places: 1)) GFLOP/s",
      ],
      ["left on the heap", HumanFormat.bytes(report.heapGrowthBytes)],
      ["peak memory", report.peakMemoryBytes.map(HumanFormat.bytes) ?? "unknown"],
    ]
    if let allocated = report.allocated {
      rows.append([
        "allocated", "\(HumanFormat.bytes(allocated.bytes)) in \(allocated.calls) calls",
      ])
    }
    for phase in report.phaseSeconds {
      rows.append([
        "  " + phase.phase,
        HumanFormat.decimal(phase.seconds * 1000, places: 2) + " ms  "
          + HumanFormat.percent(phase.seconds / report.meanSeconds),
      ])
    }
    return TextTable.lines(rows, flushLeft: [1]).joined(separator: "\n")
  }

  private func line(_ report: StepBenchmark.Report) throws -> String {
    try StepLine(
      peer: "step", objective: objective.rawValue, arithmetic: arithmetic.rawValue,
      model: options.model.rawValue,
      pairsPerStep: options.batch,
      threads: options.threads, median: report.medianSeconds, fastest: report.fastestSeconds,
      pairsPerSecond: Double(options.batch) / report.medianSeconds,
      phases: Dictionary(uniqueKeysWithValues: report.phaseSeconds.map { ($0.phase, $0.seconds) }),
      operations: report.operations / 1e9,
      productShare: report.operations / report.medianSeconds / report.productSpeed,
      heapGrowth: report.heapGrowthBytes, allocatedBytes: report.allocated?.bytes,
      allocationCalls: report.allocated?.calls, peakMemory: report.peakMemoryBytes
    ).text()
  }
}

extension ObjectiveKind: ExpressibleByArgument {}

/// What `--json` prints. Most fields are those of the PyTorch peer.
private struct StepLine: JSONReport {
  let peer: String
  let objective: String
  let arithmetic: String
  let model: String
  let pairsPerStep: Int
  let threads: Int
  let median: Double
  let fastest: Double
  let pairsPerSecond: Double
  let phases: [String: Double]
  let operations: Double
  let productShare: Double
  let heapGrowth: Int
  let allocatedBytes: Int?
  let allocationCalls: Int?
  let peakMemory: Int?

  enum CodingKeys: String, CodingKey {
    case peer, objective, arithmetic, model, threads
    case pairsPerStep = "pairs_per_step"
    case median = "median_s"
    case fastest = "fastest_s"
    case pairsPerSecond = "pairs_per_s"
    case phases = "phase_s"
    case operations = "gflop_per_step"
    case productShare = "share_of_product_speed"
    case heapGrowth = "heap_growth_bytes"
    case allocatedBytes = "allocated_bytes"
    case allocationCalls = "allocation_calls"
    case peakMemory = "peak_memory_bytes"
  }
}
