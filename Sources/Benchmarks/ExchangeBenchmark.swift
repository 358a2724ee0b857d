// What the exchange costs: a real coordinator and real workers in processes of their own, with
// gradients that were made up once. Not here: what computing costs (StepBenchmark).

import Basics
import ClusterRuntime
import Compression
import Coordination
import Foundation
import Observability

#if canImport(Glibc)
  import Glibc
#endif

/// Trains a few steps of nothing.
package struct ExchangeBenchmark {
  /// What is measured.
  package struct Setting: Sendable {
    /// The model is the one of a preset's width whose parameters come nearest.
    package var parameters = 3_200_000
    package var workers = 2
    package var microbatches = 2
    package var gradientCodec = CodecKind.bfloat16
    package var parameterCodec = CodecKind.bfloat16
    package var steps = 8
    package var isEncrypted = false
    package var keepsJournal = true
    /// Nil for the loopback as it is.
    package var link: LinkSpeed?

    package init() {}
  }

  /// What one step took, in the median of all but the first one.
  package struct Report: Sendable {
    package let parameters: Int
    package let stepSeconds: [Double]
    /// Who was there at a step: many that come at once are let in by turns.
    package let workersJoined: Int
    /// Workers that went, or were silent for too long, before the last step.
    package let workersLost: Int
    /// Of the last step's parameters: the same for any number of workers, as every microbatch
    /// counts once.
    package let digest: Digest
    /// Of all messages.
    package let bytesUp: Double
    package let bytesDown: Double
    /// Sums over the workers, and the coordinator's.
    package let phases: [(key: String, seconds: Double)]
    /// Of the whole run.
    package let coordinator: ChildProcess.ResourceUsage
    package let workers: [ChildProcess.ResourceUsage]
    /// Nil where none was asked for.
    package fileprivate(set) var link: LinkOutcome?

    package var medianSeconds: Double { stepSeconds.median ?? .nan }
  }

  private let setting: Setting

  package init(_ setting: Setting) { self.setting = setting }

  /// For all of it.
  private static let patience = Duration.seconds(3600)
  /// For workers to notice the end.
  private static let farewell = Duration.seconds(10)
  private static let pollInterval = Duration.milliseconds(5)
  /// Of the log, in an error.
  private static let shownLines = 20
  /// Steps at the start that are not counted: workers fetch the whole replica.
  private static let warmUp = 1

  /// Signals that end the program have their effect when nothing of the measurement is left.
  /// - Throws: `ExchangeBenchmarkError` when a process fails; `FileError`.
  package func run() throws -> Report {
    let signals = HeldSignals()
    defer { signals.release() }
    guard let speed = setting.link else { return try measure(over: nil, signals) }
    let link = Result { try EmulatedLink(speed) }
    var report = try measure(over: try? link.get(), signals)
    report.link = report.outcome(over: speed, link, setting)
    return report
  }

  private func measure(over link: EmulatedLink?, _ signals: HeldSignals) throws -> Report {
    let folder = try Files.createPrivateFolder(
      under: Self.temporaryFolder, prefix: "terrane-bench-")
    defer { try? Files.remove(folder) }
    let address = try link.map { _ in EmulatedLink.address } ?? ExchangePlace.freeAddress()
    let place = ExchangePlace(folder: folder, address: address, setting)
    try place.prepare()
    let log = open(place.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    if log < 0 { throw FileError(operation: "create", path: place.log) }
    defer { close(log) }
    var all: [ChildProcess] = []
    defer { Self.end(all) }
    let start = { try ChildProcess(arguments: $0, output: log) }
    let inside = { (network: NetworkNamespace?, arguments: [String]) in
      try network?.inside { try start(arguments) } ?? start(arguments)
    }
    all.append(try inside(link?.coordinator, place.coordinatorArguments))
    for number in 0..<setting.workers {
      all.append(try inside(link?.workers, place.workerArguments(number)))
    }
    let workers = Array(all[1...])
    try Self.await(all[0], workers, place, signals)
    return try report(place, all[0], workers)
  }

  private static var temporaryFolder: String {
    let named = ProcessInfo.processInfo.environment["TMPDIR"]
    return [named, "/tmp"].compactMap { $0 }.first(where: Files.isFolder) ?? "."
  }

  /// Nothing of them is left, whatever happened.
  private static func end(_ processes: [ChildProcess]) {
    for process in processes where process.usage == nil {
      process.kill()
      while process.reap() == nil { usleep(UInt32(pollInterval.seconds * 1e6)) }
    }
  }

  /// Returns when the coordinator has ended well, and its workers too, or had time for it: one that
  /// came too late to be let in looks for it in vain.
  private static func await(
    _ coordinator: ChildProcess, _ workers: [ChildProcess], _ place: ExchangePlace,
    _ signals: HeldSignals
  ) throws {
    try wait(for: [coordinator], until: .monotonicNow() + patience, place, signals)
    guard coordinator.usage != nil else {
      throw ExchangeBenchmarkError(log: "it took more than an hour")
    }
    try wait(for: workers, until: .monotonicNow() + farewell, place, signals)
  }

  private static func wait(
    for processes: [ChildProcess], until deadline: Instant, _ place: ExchangePlace,
    _ signals: HeldSignals
  ) throws {
    var waiting = processes
    while !waiting.isEmpty && .monotonicNow() < deadline {
      for process in waiting {
        guard let ending = process.reap() else { continue }
        guard ending.exitStatus == .done else {
          let lines = ((try? Files.readText(place.log)) ?? "").split(separator: "\n")
          throw ExchangeBenchmarkError(log: lines.suffix(shownLines).joined(separator: "\n"))
        }
        waiting.removeAll { $0 === process }
      }
      guard !signals.arrive(within: pollInterval) else {
        throw ExchangeBenchmarkError(log: "it was interrupted")
      }
    }
  }

  private func report(
    _ place: ExchangePlace, _ coordinator: ChildProcess, _ workers: [ChildProcess]
  ) throws -> Report {
    let entries = try MetricsReader.entries(inFileAt: place.metrics)
    let steps = entries.filter { $0.kind == StepRecord.kind }.dropFirst(Self.warmUp)
    let lost = entries.count {
      ["left", "refused"].contains($0.text("event")) && $0.step.index < setting.steps
    }
    let values = { (key: String) in steps.compactMap { $0.number(key) } }
    let phases = [
      "data", "compute", "encode", "network", "reduce", "update", "commit",
    ].map { ($0, values($0 + "Seconds").median ?? 0) }
    guard let usage = coordinator.usage, let bytesUp = values("bytesIn").median,
      let bytesDown = values("bytesOut").median, let digest = steps.last?.digest("digest")
    else { throw ExchangeBenchmarkError(log: "there are no steps in \(place.metrics)") }
    return Report(
      parameters: place.parameters, stepSeconds: values("seconds"),
      workersJoined: Int(values("workers").median ?? 0), workersLost: lost, digest: digest,
      bytesUp: bytesUp, bytesDown: bytesDown,
      phases: phases, coordinator: usage, workers: workers.compactMap(\.usage))
  }
}

/// A process of the benchmark ended otherwise than it should.
package struct ExchangeBenchmarkError: Error, CustomStringConvertible {
  package let log: String

  package var description: String { "the exchange could not be measured:\n\(log)" }
}
