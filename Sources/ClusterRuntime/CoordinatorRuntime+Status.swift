// What the coordinator leaves in the run's folder for those who look: how it goes, and what it came
// to.

import Basics
import Coordination
import Foundation
import Observability
import TrainingRun

/// The file of a run's status. A disk that refuses it is no trouble of the run's: then those who
/// look see an older one.
struct StatusFile {
  /// Between two of them.
  static let interval: Duration = .seconds(2)

  private let path: String
  private let summary: String
  /// Asked once: a host's name may take a while to be found.
  private let coordinator: String
  private let startedAt: WallTime = .now()
  private var nextAt: Instant = .monotonicNow()

  init(_ folder: RunFolder) {
    path = folder.status
    summary = folder.summary
    let process = ProcessInfo.processInfo
    coordinator = "process \(process.processIdentifier) on \(process.hostName)"
  }

  /// That the run is being loaded, which is said at most so often.
  func tellLoading() {
    write(activity: "loading", step: 0, workers: [], address: "", every: Self.loading)
  }

  private static let loading: Duration = .seconds(120)

  /// From now on the run goes on: what it came to before is not its end.
  func begin() { try? Files.remove(summary) }

  /// Whether it is time for another.
  mutating func isDue(at now: Instant) -> Bool {
    guard now >= nextAt else { return false }
    nextAt = now + Self.interval
    return true
  }

  /// - Parameter interval: until the next one.
  func write(
    activity: String, step: Int, workers: [WorkerStatus], address: String,
    every interval: Duration = interval
  ) {
    let status = RunStatus(
      time: WallTime.now().seconds, startedAt: startedAt.seconds,
      intervalSeconds: interval.seconds.rounded(), coordinator: coordinator, address: address,
      step: step,
      activity: activity, peakMemoryBytes: PeakMemory.bytes, workers: workers)
    guard let text = try? JSONText.encode(status, .line) else { return }
    try? Files.writeSoon(to: path) { try $0.write(Array((text + "\n").utf8)) }
  }

  func remove() { try? Files.remove(path) }
}

extension CoordinatorRuntime {
  func tellStatus(at now: Instant) {
    guard statusFile.isDue(at: now) else { return }
    statusFile.write(
      activity: core.activity, step: core.step.index,
      workers: core.standings(at: now).map { WorkerStatus($0) }, address: endpoint.boundAddress)
  }

  /// Of those that are there, by name.
  private var workerPeaks: [String: Int] {
    let told = core.standings(at: .monotonicNow()).compactMap { standing in
      standing.peakMemoryBytes.map { (standing.name, $0) }
    }
    return Dictionary(told, uniquingKeysWith: max)
  }

  /// What the run came to, where it is this process' to say.
  func leaveSummary() {
    guard let ending, isFolderOurs else { return }
    statusFile.remove()
    let outcome: RunSummary.Outcome =
      switch ending.kind {
      case .finished: .finished
      case .interrupted: .stopped
      case .diverged: .diverged
      case .error: .failed
      }
    do {
      let summary = RunSummary(
        outcome: outcome, reason: ending.reason, identity: run.identity,
        digest: "\(core.position.digest)", step: core.step.index,
        steps: run.configuration.training.steps, ended: .now(),
        totals: try RunSummary.Totals(ofFileAt: run.folder.metrics),
        peakMemoryBytes: PeakMemory.bytes, workerPeakMemoryBytes: workerPeaks)
      try Files.writeDurably(
        try JSONText.encode(summary, .indented) + "\n", to: run.folder.summary)
    } catch {
      logger.warning("the run's summary is missing: \(error)")
    }
  }
}

extension WorkerStatus {
  init(_ standing: WorkerStanding) {
    func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
    let usual = standing.usual
    self.init(
      name: standing.name, threads: standing.threads, shards: standing.shards,
      state: standing.activity.rawValue, lease: standing.item,
      leaseSeconds: standing.leaseAge.map { rounded($0.seconds) },
      silentSeconds: rounded(standing.silence.seconds),
      usualSeconds: usual.map { [$0.data, $0.compute, $0.encode, $0.network].map(rounded) },
      peakMemoryBytes: standing.peakMemoryBytes, slow: standing.slow)
  }
}
