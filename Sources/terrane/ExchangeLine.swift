// What `terrane bench exchange` prints. Not what it measures: see Benchmarks.

import Basics
import Benchmarks

/// What `--json` prints.
struct ExchangeLine: JSONReport {
  let parameters: Int
  let workers: Int
  let workersJoined: Int
  let workersLost: Int
  /// After the last step.
  let digest: String
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
  /// Nil where none was asked for.
  let link: LinkAnswer?

  enum CodingKeys: String, CodingKey {
    case parameters, workers, microbatches, codec, curve, link, digest
    case workersJoined = "workers_joined"
    case workersLost = "workers_lost"
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
    (workersLost, digest) = (report.workersLost, "\(report.digest)")
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
    link = report.link.map(LinkAnswer.init)
  }

  /// For people.
  var table: String {
    let decimal = { (value: Double) in HumanFormat.decimal(value, places: 3) }
    var rows = [
      ["parameters", HumanFormat.count(parameters)],
      ["workers at a step", "\(workersJoined) of \(workers), \(workersLost) lost on the way"],
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
    rows.append(["digest", digest])
    rows += link?.rows ?? []
    return TextTable.lines(rows, flushLeft: [1]).joined(separator: "\n")
  }
}

/// The step over the link that was asked for.
struct LinkAnswer: Encodable {
  let speed: String
  let bitsPerSecond: Double
  let delaySeconds: Double
  let rate: String
  let delay: String
  /// Why something was calculated.
  let reason: String?
  /// Measured where all was emulated.
  let seconds: Double
  /// Of the calculation: everything at once, and nothing.
  let least: Double
  let most: Double

  enum CodingKeys: String, CodingKey {
    case speed, rate, delay, reason
    case bitsPerSecond = "bits_per_s"
    case delaySeconds = "delay_s"
    case seconds = "step_s"
    case least = "step_least_s"
    case most = "step_most_s"
  }

  init(_ outcome: LinkOutcome) {
    let word = { (isEmulated: Bool) in isEmulated ? "emulated" : "calculated" }
    speed = outcome.speed.description
    bitsPerSecond = outcome.speed.bitsPerSecond
    delaySeconds = outcome.speed.delay.seconds
    rate = word(outcome.isRateEmulated)
    delay = outcome.speed.delay == .zero ? "none" : word(outcome.isDelayEmulated)
    reason = outcome.reason
    seconds = outcome.seconds
    (least, most) = (outcome.bounds.lowerBound, outcome.bounds.upperBound)
  }

  /// For people.
  fileprivate var rows: [[String]] {
    let decimal = { (value: Double) in HumanFormat.decimal(value, places: 3) }
    let delayed = delay == "none" ? "" : ", delay \(delay)"
    var rows = [["link", "\(speed): rate \(rate)\(delayed)"]]
    if let reason {
      rows.append(["  calculated because", reason])
      rows.append([
        "  step over the link", "\(decimal(seconds)) s (\(decimal(least)) to \(decimal(most)) s)",
      ])
    }
    return rows
  }
}
