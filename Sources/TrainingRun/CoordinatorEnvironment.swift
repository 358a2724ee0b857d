// What stands around a coordinator's executor: sockets, threads that write, clocks and logs of a
// run; those of the simulator.

import Basics
import Coordination
import Observability
import Wire

/// Does for a `CoordinatorExecutor` what is not about a run's numbers and files.
package protocol CoordinatorEnvironment: AnyObject {
  /// What breaks off the execution of a command; `Never` in a run.
  associatedtype Failure: Error

  /// The coordinator's own clock, which its core is told the time by.
  var now: Instant { get }
  /// For the records.
  var wallTime: WallTime { get }

  /// Most memory that this process has had so far, where that is known.
  var peakMemoryBytes: Int? { get }

  /// Sends a message, if its receiver is still known.
  /// - Returns: `.disconnected` when the worker takes no more and was cut off.
  func send(
    _ message: Stamped<CoordinatorMessage>, to worker: WorkerID
  ) throws(Failure) -> CoordinatorEvent?

  /// A worker was removed: whatever is kept for it can go.
  func forget(_ worker: WorkerID)

  /// Sees to it that a `JournalKeeper` carries the order out, after those before it, and that the
  /// core is told what comes of it.
  func write(_ order: JournalOrder)

  /// Sees to it that the checkpoint is written, and that the core is told what comes of it.
  /// - Returns: false when the one before is still being written: then nothing happens.
  func write(_ order: CheckpointOrder) -> Bool

  /// Returns when no checkpoint needs the tensors any more as they are.
  func waitUntilCopied()

  /// Appends a record to the metrics. When that fails the record is missing, and the log says so.
  func append(_ entry: MetricsEntry)

  /// Makes durable what was appended so far.
  func synchronizeRecords()

  /// A step was recorded: it may be shown.
  func didRecord(_ step: StepRecord)

  /// An evaluation is recorded.
  func didRecord(_ evaluation: EvaluationRecord)

  func log(_ level: LogLevel, _ text: String)

  /// The run has ended.
  func end(_ kind: StopKind, reason: String) throws(Failure)
}

extension CoordinatorEnvironment {
  package var peakMemoryBytes: Int? { nil }
}
