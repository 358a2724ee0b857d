// Where a run stands at one moment, in words and single numbers.

import Basics
import Observability

package struct RunHead: Codable, Equatable, Sendable {
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
  package var step = 0
  /// Nil while nothing can be known of it.
  package var steps: Int?
  /// "NeighborMAE tiny, 4 × 8 pairs a step".
  package var model: String?
  /// What one sample is called.
  package var sample = "pair"
  /// Of the first record, and of the newest step.
  package var began: Double?
  package var newest: Double?
  /// At the pace of the last steps; nil when nothing is going on.
  package var secondsLeft: Double?
  package var secondsPerStep: Double?
  package var pairsPerSecond: Double?
  /// All numbers of the newest step, and of the newest evaluation.
  package var latest: [String: Double] = [:]
  package var latestEvaluation: [String: Double] = [:]
  package var evaluatedStep: Int?
  /// Which numbers of an evaluation are losses of what learned nothing.
  package var baselines: [String] = []
  package var totals = RunSummary.Totals()
  package var coordinator: String?
  package var address: String?
  package var workers: [WorkerStatus] = []
  package var storage = RunStorage()
  /// When the newest sheet of reconstructions was drawn; nil when there is none.
  package var picture: Double?
  /// What could not be read, and why.
  package var problems: [String] = []

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
  package struct Checkpoint: Codable, Equatable, Sendable {
    package var step: Int
    package var bytes: Int
    /// Seconds since 1970.
    package var time: Double

    package init(step: Int, bytes: Int, time: Double) {
      self.step = step
      self.bytes = bytes
      self.time = time
    }
  }

  /// The newest ones, oldest first.
  package var checkpoints: [Checkpoint] = []
  package var checkpointCount = 0
  package var checkpointBytes = 0
  package var journalBytes = 0
  package var metricsBytes = 0
  /// Of the file system: what is left for this user, and all of it.
  package var freeBytes: Int?
  package var diskBytes: Int?

  /// Checkpoints that are told one by one.
  package static let listed = 10

  package init() {}
}
