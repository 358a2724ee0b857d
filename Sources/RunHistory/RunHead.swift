// Where a run stands at one moment, in words and single numbers.

import Basics
import Observability

/// A run in a moment: all of it but its curves and events.
package struct RunHead: Codable, Equatable, Sendable {
  /// What a run does, as one word.
  package enum State: String, Codable, Sendable {
    /// There is no run in the folder yet.
    case absent
    /// A coordinator is at work.
    case running
    case finished
    /// It can go on.
    case stopped
    case diverged
    case failed
    /// No coordinator is at work, and none said why.
    case silent
  }

  /// The folder's name.
  package var name: String
  package var folder: String
  package var state: State
  /// What is going on, or how it ended; a sentence without its end.
  package var sentence: String
  /// When this was looked at, in seconds since 1970.
  package var now: Double
  /// Steps that are committed.
  package var step = 0
  /// Of the whole run. Nil while nothing can be known of it.
  package var steps: Int?
  /// "NeighborMAE tiny, 4 × 8 pairs a step".
  package var model: String?
  /// What one sample is called.
  package var sample = "pair"
  /// The time of the first record, in seconds since 1970.
  package var began: Double?
  /// That of the newest step.
  package var newest: Double?
  /// At the pace of the last steps; nil when nothing is going on, or nothing is left to do.
  package var secondsLeft: Double?
  /// The median of the last 21 steps.
  package var secondsPerStep: Double?
  /// Pairs of the newest step, at that pace.
  package var pairsPerSecond: Double?
  /// All numbers of the newest step, and of the newest evaluation.
  package var latest: [String: Double] = [:]
  package var latestEvaluation: [String: Double] = [:]
  /// The step that was evaluated last.
  package var evaluatedStep: Int?
  /// Which numbers of an evaluation are losses of what learned nothing.
  package var baselines: [String] = []
  /// What all steps add up to.
  package var totals = RunSummary.Totals()
  /// Who is at work: "process 12 on node1". Nil, as the next two are without anybody, when nobody
  /// is.
  package var coordinator: String?
  /// Where workers connect.
  package var address: String?
  /// In the order of their coming.
  package var workers: [WorkerStatus] = []
  package var storage = RunStorage()
  /// When the newest sheet of reconstructions was drawn; nil when there is none.
  package var picture: Double?
  /// What could not be read, and why.
  package var problems: [String] = []

  /// Whether a coordinator evaluates, which makes no step.
  package var isEvaluating: Bool { state == .running && sentence.hasPrefix("evaluating ") }

  package init(name: String, folder: String, state: State, sentence: String, now: Double) {
    self.name = name
    self.folder = folder
    self.state = state
    self.sentence = sentence
    self.now = now
  }
}

/// What a run has on the disk.
package struct RunStorage: Codable, Equatable, Sendable {
  /// One of its checkpoints.
  package struct Checkpoint: Codable, Equatable, Sendable {
    package var step: Int
    /// Of all its files.
    package var bytes: Int
    /// When it was written, in seconds since 1970; nil when it went while it was looked at.
    package var time: Double?

    package init(step: Int, bytes: Int, time: Double?) {
      self.step = step
      self.bytes = bytes
      self.time = time
    }
  }

  /// The newest ones, oldest first.
  package var checkpoints: [Checkpoint] = []
  /// All of them.
  package var checkpointCount = 0
  package var checkpointBytes = 0
  /// Of all segments of the journal.
  package var journalBytes = 0
  /// Of `metrics.jsonl`.
  package var metricsBytes = 0
  /// Of the file system: what is left for this user, and all of it.
  package var freeBytes: Int?
  package var diskBytes: Int?

  /// Checkpoints that are told one by one.
  package static let listed = 10

  package init() {}
}
