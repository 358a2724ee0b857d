// `terrane bench exchange`: gradients up, parameters down, and nothing computed.

import ArgumentParser
import Basics
import Benchmarks
import Compression

struct BenchExchangeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exchange",
    abstract: "Time steps whose gradients were made up once: coordinator, workers, no model.",
    discussion: """
      A real coordinator and real workers, each a process of its own, on TCP of this machine: \
      every gradient is encoded, sent, decoded and added in order; AdamW, the journal and the \
      replica's delta follow. The first step, with which workers fetch the whole replica, does not \
      count.

      Examples:

        terrane bench exchange
        terrane bench exchange --parameters 112e6 --microbatches 16 --codec int8 --curve
        terrane bench exchange --workers 64 --microbatches 64 --json
      """)

  @Option(help: "Parameters, about: blocks of a preset's width that come nearest.")
  var parameters = 3.2e6

  @Option(help: "Worker processes.")
  var workers = 2

  @Option(help: "Microbatches a step.")
  var microbatches = 2

  @Option(help: "How gradients and deltas are encoded: \(Self.codecs).")
  var codec = CodecKind.bfloat16

  @Option(help: ArgumentHelp("Steps, of which the first does not count.", valueName: "count"))
  var steps = 8

  @Flag(help: "With keys, encrypted.")
  var curve = false

  @Flag(help: "Without a journal: nothing waits for the disk.")
  var noJournal = false

  @Flag(help: "One line of JSON.")
  var json = false

  private static let codecs = CodecKind.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    guard parameters.isFinite, (1e5...1e9).contains(parameters) else {
      throw ValidationError("--parameters must be between 1e5 and 1e9, found \(parameters)")
    }
    for (name, value, range) in [
      ("workers", workers, 1...512), ("microbatches", microbatches, 1...4096),
      ("steps", steps, 2...10_000),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name) must be between \(range.lowerBound) and \(range.upperBound), found \(value)")
    }
  }

  func run() throws {
    var setting = ExchangeBenchmark.Setting()
    setting.parameters = Int(parameters)
    setting.workers = workers
    setting.microbatches = microbatches
    setting.gradientCodec = codec
    setting.parameterCodec = codec
    setting.steps = steps
    setting.isEncrypted = curve
    setting.keepsJournal = !noJournal
    let line = ExchangeLine(try ExchangeBenchmark(setting).run(), setting)
    try Answer.print(json ? try line.text() : line.table)
  }
}

/// What `--json` prints.
private struct ExchangeLine: JSONReport {
  let parameters: Int
  let workers: Int
  let workersJoined: Int
  let microbatches: Int
  let codec: String
  let curve: Bool
  let median: Double
  let fastest: Double
  let slowest: Double
  /// float32 gradients taken in, in 10⁹ bytes a second.
  let gradientRate: Double
  /// Of float32, of the same values.
  let shareUp: Double
  let shareDown: Double
  let bytesUp: Double
  let bytesDown: Double
  let phases: [String: Double]
  let coordinatorSeconds: Double
  let workerSeconds: Double
  let coordinatorPeak: Int
  let workerPeak: Int

  enum CodingKeys: String, CodingKey {
    case parameters, workers, microbatches, codec, curve
    case workersJoined = "workers_joined"
    case median = "median_s"
    case fastest = "fastest_s"
    case slowest = "slowest_s"
    case gradientRate = "gradient_gb_per_s"
    case shareUp = "up_share_of_float32"
    case shareDown = "down_share_of_float32"
    case bytesUp = "up_bytes_per_step_and_worker"
    case bytesDown = "down_bytes_per_step_and_worker"
    case phases = "phase_s"
    case coordinatorSeconds = "coordinator_cpu_s"
    case workerSeconds = "workers_cpu_s"
    case coordinatorPeak = "coordinator_peak_bytes"
    case workerPeak = "worker_peak_bytes"
  }

  init(_ report: ExchangeBenchmark.Report, _ setting: ExchangeBenchmark.Setting) {
    parameters = report.parameters
    (workers, workersJoined) = (setting.workers, report.workersJoined)
    microbatches = setting.microbatches
    (codec, curve) = (setting.gradientCodec.rawValue, setting.isEncrypted)
    median = report.medianSeconds
    fastest = report.stepSeconds.min() ?? .nan
    slowest = report.stepSeconds.max() ?? .nan
    let vector = Double(4 * report.parameters)
    let gradients = vector * Double(setting.microbatches)
    gradientRate = gradients / median / 1e9
    shareUp = report.bytesUp / gradients
    shareDown = report.bytesDown / (vector * Double(workersJoined))
    bytesUp = report.bytesUp / Double(workersJoined)
    bytesDown = report.bytesDown / Double(workersJoined)
    phases = Dictionary(uniqueKeysWithValues: report.phases.map { ($0.key, $0.seconds) })
    coordinatorSeconds = report.coordinator.processorSeconds
    workerSeconds = report.workers.reduce(0) { $0 + $1.processorSeconds }
    coordinatorPeak = report.coordinator.peakBytes
    workerPeak = report.workers.map(\.peakBytes).max() ?? 0
  }

  /// For people.
  var table: String {
    let decimal = { (value: Double) in HumanFormat.decimal(value, places: 3) }
    var rows = [
      ["parameters", HumanFormat.count(parameters)],
      ["workers at a step", "\(workersJoined) of \(workers)"],
      [
        "median step",
        "\(HumanFormat.duration(.seconds(median))) (\(decimal(fastest)) to \(decimal(slowest)) s)",
      ],
      ["gradients taken in", "\(decimal(gradientRate)) GB/s of float32"],
      [
        "up, a step and worker",
        "\(HumanFormat.bytes(Int(bytesUp))), \(decimal(shareUp)) of float32",
      ],
      [
        "down, a step and worker",
        "\(HumanFormat.bytes(Int(bytesDown))), \(decimal(shareDown)) of float32",
      ],
    ]
    for (phase, owner) in [
      ("encode", "all workers"), ("network", "all workers"), ("reduce", "all threads"),
      ("update", "coordinator"), ("commit", "coordinator"),
    ] {
      rows.append(["  \(phase)", "\(decimal(phases[phase] ?? 0)) s, \(owner)"])
    }
    rows += [
      ["processor, coordinator", "\(decimal(coordinatorSeconds)) s in all"],
      ["processor, workers", "\(decimal(workerSeconds)) s in all"],
      [
        "peak memory",
        "\(HumanFormat.bytes(coordinatorPeak)), of a worker "
          + HumanFormat.bytes(workerPeak),
      ],
    ]
    return TextTable.lines(rows, flushLeft: [1]).joined(separator: "\n")
  }
}
