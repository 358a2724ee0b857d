// What the executor of the core's orders needs done, on the simulated network, clock and disk.

import Basics
import Coordination
import Observability
import TrainingRun
import Wire

extension SimulatedCoordinator: CoordinatorEnvironment {
  typealias Failure = any Error

  var now: Instant { clock(at: run.now) }
  /// That of the simulation, whose first day is that of Unix.
  var wallTime: WallTime { WallTime(milliseconds: run.now.nanoseconds / 1_000_000) }

  func send(
    _ message: Stamped<CoordinatorMessage>, to worker: WorkerID
  ) throws -> CoordinatorEvent? {
    guard let (process, slot) = peers.process(of: worker) else { return nil }
    try run.invariants.said(message.message, isFaulty: run.faultyProcesses.contains(process))
    run.transmit(.toWorker, of: slot, .toWorker(message, process))
    return nil
  }

  func forget(_ worker: WorkerID) { peers.forget(worker) }

  /// A commit takes its time, and what is ordered meanwhile comes after it.
  func write(_ order: JournalOrder) {
    if journalOrders.isEmpty {
      guard case .commit = order else {
        _ = journal.execute(order)
        return
      }
      run.scheduleCommit(of: self)
    }
    journalOrders.append(order)
  }

  func write(_ order: CheckpointOrder) -> Bool {
    if checkpoint != nil { return false }
    checkpoint = (order, Self.copy(of: order.tensors))
    run.scheduleCheckpoint(of: self)
    return true
  }

  /// They are copied at once.
  func waitUntilCopied() {}

  /// The simulated disk has no metrics.
  func append(_ entry: MetricsEntry) {}
  func synchronizeRecords() {}
  func didRecord(_ step: StepRecord) {}

  func didRecord(_ evaluation: EvaluationRecord) {}

  func log(_ level: LogLevel, _ text: String) { run.say("coordinator: \(text)") }

  func end(_ kind: StopKind, reason: String) throws { try run.end(kind, reason) }
}
