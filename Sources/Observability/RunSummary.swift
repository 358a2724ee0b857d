// What a run came to, in one file for other programs: `summary.json`. Everything in it follows from
// the metrics and how the coordinator ended; it is no part of the run's numbers.

import Basics

/// A run at its end, or where it was stopped. The file is whole or absent, and goes when the run
/// goes on.
package struct RunSummary: Codable, Equatable, Sendable {
  /// The names under which a run ends.
  package enum Outcome: String, Codable, Sendable {
    /// All steps are done.
    case finished
    /// Somebody asked for it; the run can go on.
    case stopped
    case diverged
    case failed
  }

  package var outcome: Outcome
  /// As the log has it, a sentence without its end.
  package var reason: String
  package var identity: String
  /// Of the replica after the newest step.
  package var digest: String
  package var step: Int
  package var steps: Int
  /// Seconds since 1970 of the first record and of the end.
  package var began: Double
  package var ended: Double
  package var totals = Totals()
  /// Of the coordinator's process that ended.
  package var peakMemoryBytes: Int?
  /// Of the workers that were there then, by name.
  package var workerPeakMemoryBytes: [String: Int]?

  /// What all steps add up to, those before a resume too.
  package struct Totals: Codable, Equatable, Sendable {
    package var pairs = 0
    /// Of all steps, without what lay between a stop and the resume after it.
    package var trainingSeconds = 0.0
    /// Work of all evaluations, over all workers.
    package var evaluationSeconds = 0.0
    /// Of all evaluations, each from its first lease to its last report; nil where none has told.
    package var evaluationWallSeconds: Double?
    package var bytesIn = 0
    package var bytesOut = 0
    /// Most that were there at a step.
    package var workers = 0
    /// The most that any worker's process had, by its own report; nil where none has told.
    package var workerPeakMemoryBytes: Int?
    /// The newest step's.
    package var weightedLoss: Double?
    /// The newest evaluation's, the lowest one's, and its step.
    package var heldOut: Double?
    package var lowestHeldOut: Double?
    package var lowestHeldOutStep: Int?
    /// How often each kind of event happened. Beyond `kindLimit` kinds, further ones are "other".
    package var events: [String: Int] = [:]
    /// Of the first record, in seconds since 1970.
    package var firstTime: Double?

    /// Kinds of events that are counted apart; a run has about ten.
    package static let kindLimit = 32

    package init() {}

    /// Adds a record, which comes after all that were added before.
    package mutating func add(_ entry: MetricsEntry) {
      if firstTime == nil { firstTime = entry.time.seconds }
      func finite(_ key: String) -> Double? { entry.number(key).flatMap { $0.isFinite ? $0 : nil } }
      // A number of another program's making may be too large for a count.
      func count(_ key: String) -> Int { finite(key).flatMap { Int(exactly: $0.rounded()) } ?? 0 }
      switch entry.kind {
      case StepRecord.kind:
        pairs = pairs.saturatingSum(count("pairs"))
        trainingSeconds = trainingSeconds.saturatingSum(finite("seconds") ?? 0)
        bytesIn = bytesIn.saturatingSum(count("bytesIn"))
        bytesOut = bytesOut.saturatingSum(count("bytesOut"))
        workers = max(workers, count("workers"))
        if finite("workerPeakMemoryBytes") != nil {
          workerPeakMemoryBytes = max(workerPeakMemoryBytes ?? 0, count("workerPeakMemoryBytes"))
        }
        weightedLoss = finite("weightedLoss")
      case EvaluationRecord.kind:
        evaluationSeconds = evaluationSeconds.saturatingSum(finite("seconds") ?? 0)
        if let seconds = finite("wallSeconds") {
          evaluationWallSeconds = (evaluationWallSeconds ?? 0).saturatingSum(seconds)
        }
        heldOut = finite("weightedLoss")
        if let loss = heldOut, loss < lowestHeldOut ?? .infinity {
          lowestHeldOut = loss
          lowestHeldOutStep = entry.step.index
        }
      case EventRecord.kind:
        let kind = entry.text("event") ?? "unknown"
        let isKnown = events[kind] != nil || events.count < Self.kindLimit
        events[isKnown ? kind : "other", default: 0] += 1
      default:
        return
      }
    }

    /// Of all records of a file.
    package init(ofFileAt path: String) throws(FileError) {
      var tail = MetricsTail(path: path)
      var hasMore = true
      while hasMore {
        let batch = try tail.next()
        if batch.beginsAnew { self = Totals() }
        for entry in batch.entries { add(entry) }
        hasMore = batch.hasMore
      }
    }
  }

  package init(
    outcome: Outcome, reason: String, identity: String, digest: String, step: Int, steps: Int,
    ended: WallTime, totals: Totals, peakMemoryBytes: Int?,
    workerPeakMemoryBytes: [String: Int]? = nil
  ) {
    self.outcome = outcome
    self.reason = reason
    self.identity = identity
    self.digest = digest
    self.step = step
    self.steps = steps
    began = totals.firstTime ?? ended.seconds
    self.ended = ended.seconds
    self.totals = totals
    self.peakMemoryBytes = peakMemoryBytes
    self.workerPeakMemoryBytes = workerPeakMemoryBytes
  }
}

extension Double {
  /// Finite, as both are.
  fileprivate func saturatingSum(_ other: Double) -> Double {
    let most = Double.greatestFiniteMagnitude
    return Swift.min(Swift.max(self + other, -most), most)
  }
}

extension Int {
  fileprivate func saturatingSum(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
