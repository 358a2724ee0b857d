// Which worker is slow, and at what.

import Basics
import Wire

/// What a worker spends its time on.
package enum WorkPhase: String, CaseIterable, Sendable {
  case data, compute, encode, network
}

/// Recent times of each worker's training leases, phase by phase, and who stands out.
package struct WorkerPace: Sendable {
  /// A worker far slower than the others.
  package struct Straggler: Equatable, Sendable {
    package let worker: WorkerID
    /// Its usual time for a microbatch over the others'.
    package let ratio: Double
    /// Where most of the difference arises.
    package let phase: WorkPhase
    /// Its usual seconds in that phase, and the others'.
    package let seconds: Double
    package let othersSeconds: Double
  }

  /// Leases remembered of each worker.
  package static let memory = 8
  /// Times the others' usual time that are worth a word.
  package static let threshold = 1.5
  /// Seconds more than the others' that are.
  package static let worthwhileSeconds = 0.1
  /// Between two words about the same worker.
  package static let patience: Duration = .seconds(300)

  private struct Past: Sendable {
    var total = RecentDurations(capacity: memory)
    var phases = WorkPhase.allCases.map { _ in RecentDurations(capacity: memory) }
    var lastNamed: Instant?
  }

  private var pasts: [WorkerID: Past] = [:]

  package init() {}

  mutating func forget(_ worker: WorkerID) { pasts[worker] = nil }

  /// Notes a finished lease.
  /// - Returns: the worker, when it stands out and has not been named lately.
  package mutating func record(
    _ phases: WorkReport.PhaseSeconds, of worker: WorkerID, at now: Instant
  ) -> Straggler? {
    let seconds = [phases.data, phases.compute, phases.encode, phases.network]
    var past = pasts[worker] ?? Past()
    past.total.record(seconds.reduce(0, +))
    for (phase, value) in seconds.enumerated() { past.phases[phase].record(value) }
    pasts[worker] = past
    if let named = past.lastNamed, now - named < Self.patience { return nil }
    guard let straggler = assess(worker, past) else { return nil }
    pasts[worker]!.lastNamed = now
    return straggler
  }

  /// Whether a worker stands out now, named lately or not.
  package func straggler(_ worker: WorkerID) -> Straggler? {
    pasts[worker].flatMap { assess(worker, $0) }
  }

  /// The usual times of a worker, phase by phase; nil until it has finished a lease.
  func usualSeconds(of worker: WorkerID) -> WorkReport.PhaseSeconds? {
    guard let phases = pasts[worker]?.phases else { return nil }
    let usual = phases.compactMap(\.median)
    guard usual.count == phases.count else { return nil }
    return WorkReport.PhaseSeconds(
      data: usual[0], compute: usual[1], encode: usual[2], network: usual[3])
  }

  private func assess(_ worker: WorkerID, _ past: Past) -> Straggler? {
    let others = pasts.keys.filter { $0 != worker }.sorted().map { pasts[$0]! }
      .filter { $0.total.count >= Self.memory / 2 }
    guard past.total.count >= Self.memory / 2, let own = past.total.median,
      let usual = others.compactMap(\.total.median).median, usual > 0,
      own > Self.threshold * usual, own > usual + Self.worthwhileSeconds
    else { return nil }
    let differences = WorkPhase.allCases.indices.map { phase in
      let mine = past.phases[phase].median ?? 0
      let theirs = others.compactMap({ $0.phases[phase].median }).median ?? 0
      return (phase: WorkPhase.allCases[phase], mine: mine, theirs: theirs)
    }
    let widest = differences.max { $0.mine - $0.theirs < $1.mine - $1.theirs }!
    return Straggler(
      worker: worker, ratio: own / usual, phase: widest.phase, seconds: widest.mine,
      othersSeconds: widest.theirs)
  }
}
