// What stands around an executor in a test: it keeps what it is asked for and does nothing of it.

import Basics
import Coordination
import Observability
import TrainingRun
import Wire

final class MemoryEnvironment: CoordinatorEnvironment {
  typealias Failure = Never

  var now = Instant(nanoseconds: 0)
  let wallTime = WallTime(milliseconds: 0)
  private(set) var sent: [CoordinatorMessage] = []
  private(set) var journal: [JournalOrder] = []
  private(set) var checkpoints: [CheckpointOrder] = []
  /// The kinds of the lines of the metrics.
  private(set) var lines: [String] = []
  private(set) var recorded: [StepRecord] = []
  private(set) var synchronizations = 0
  private(set) var waits = 0
  /// Whether a checkpoint is being written.
  var isWritingCheckpoint = false

  func send(
    _ message: Stamped<CoordinatorMessage>, to worker: WorkerID
  ) -> CoordinatorEvent? {
    sent.append(message.message)
    return nil
  }

  func write(_ order: JournalOrder) { journal.append(order) }

  func write(_ order: CheckpointOrder) -> Bool {
    if !isWritingCheckpoint { checkpoints.append(order) }
    return !isWritingCheckpoint
  }

  func waitUntilCopied() { waits += 1 }
  func append(_ entry: MetricsEntry) { lines.append(entry.kind) }
  func synchronizeRecords() { synchronizations += 1 }
  func didRecord(_ step: StepRecord) { recorded.append(step) }
  func didRecord(_ evaluation: EvaluationRecord) {}
  func forget(_ worker: WorkerID) {}
  func log(_ level: LogLevel, _ text: String) {}
  func end(_ kind: StopKind, reason: String) {}
}
