// What the exchange costs: a real coordinator and real workers in processes of their own, with
// gradients that were made up once. Not here: what computing costs (StepBenchmark).

import Basics
import ClusterRuntime
import Compression
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

    package init() {}
  }

  /// What one step took, in the median of all but the first one.
  package struct Report: Sendable {
    package let parameters: Int
    package let stepSeconds: [Double]
    /// Who was there at a step: many that come at once are let in by turns.
    package let workersJoined: Int
    /// Of all messages.
    package let bytesUp: Double
    package let bytesDown: Double
    /// Sums over the workers, and the coordinator's.
    package let phases: [(key: String, seconds: Double)]
    /// Of the whole run.
    package let coordinator: ChildProcess.ResourceUsage
    package let workers: [ChildProcess.ResourceUsage]

    package var medianSeconds: Double { stepSeconds.median ?? .nan }
  }

  private let setting: Setting

  package init(_ setting: Setting) { self.setting = setting }

  /// For all of it.
  private static let patience = Duration.seconds(3600)
  /// For workers to notice the end.
  private static let farewell = Duration.seconds(10)
  private static let pollInterval: UInt32 = 5_000
  /// Of the log, in an error.
  private static let shownLines = 20
  /// Steps at the start that are not counted: workers fetch the whole replica.
  private static let warmUp = 1

  /// - Throws: `ExchangeBenchmarkError` when a process fails; `FileError`.
  package func run() throws -> Report {
    let folder = try Files.createPrivateFolder(
      under: Self.temporaryFolder, prefix: "terrane-bench-")
    defer { try? Files.remove(folder) }
    let place = try ExchangePlace(folder: folder, setting)
    try place.prepare()
    let log = open(place.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    if log < 0 { throw FileError(operation: "create", path: place.log) }
    defer { close(log) }
    var all: [ChildProcess] = []
    defer { Self.end(all) }
    let commands = [place.coordinatorArguments] + (0..<setting.workers).map(place.workerArguments)
    for arguments in commands { all.append(try ChildProcess(arguments: arguments, output: log)) }
    let workers = Array(all[1...])
    try Self.await(all[0], workers, place)
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
      while process.reap() == nil { usleep(pollInterval) }
    }
  }

  /// Returns when the coordinator has ended well, and its workers too, or had time for it: one that
  /// came too late to be let in looks for it in vain.
  private static func await(
    _ coordinator: ChildProcess, _ workers: [ChildProcess], _ place: ExchangePlace
  ) throws {
    try wait(for: [coordinator], until: .monotonicNow() + patience, place)
    guard coordinator.usage != nil else {
      throw ExchangeBenchmarkError(log: "it took more than an hour")
    }
    try wait(for: workers, until: .monotonicNow() + farewell, place)
  }

  private static func wait(
    for processes: [ChildProcess], until deadline: Instant, _ place: ExchangePlace
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
      usleep(pollInterval)
    }
  }

  private func report(
    _ place: ExchangePlace, _ coordinator: ChildProcess, _ workers: [ChildProcess]
  ) throws -> Report {
    let steps = try MetricsReader.entries(inFileAt: place.metrics)
      .filter { $0.kind == StepRecord.kind }.dropFirst(Self.warmUp)
    let values = { (key: String) in steps.compactMap { $0.number(key) } }
    let phases = [
      "data", "compute", "encode", "network", "reduce", "update", "commit",
    ].map { ($0, values($0 + "Seconds").median ?? 0) }
    guard let usage = coordinator.usage, let bytesUp = values("bytesIn").median,
      let bytesDown = values("bytesOut").median
    else { throw ExchangeBenchmarkError(log: "there are no steps in \(place.metrics)") }
    return Report(
      parameters: place.parameters, stepSeconds: values("seconds"),
      workersJoined: Int(values("workers").median ?? 0),
      bytesUp: bytesUp, bytesDown: bytesDown,
      phases: phases, coordinator: usage, workers: workers.compactMap(\.usage))
  }
}

/// A process of the benchmark ended otherwise than it should.
package struct ExchangeBenchmarkError: Error, CustomStringConvertible {
  package let log: String

  package var description: String { "the exchange could not be measured:\n\(log)" }
}
