// Checkpoints beside the run: a thread of its own copies the tensors, which the run waits for at
// its next update at the latest, and then writes the copy while the run goes on. When to write one
// is the caller's business.

import Basics
import Checkpoints
import Synchronization
import Tensors
import TrainingRun

/// What a checkpoint took.
package struct CheckpointTimes: Sendable {
  /// To copy the tensors.
  package let copying: Duration
  /// To write the copy and to clear older checkpoints away.
  package let writing: Duration
}

/// Writes one checkpoint at a time, from a copy made when it was asked for. Its thread lives until
/// `close()`.
///
/// `@unchecked Sendable`: `snapshot` is the writing thread's own; `thread` is written by `init` and
/// read by `close`.
package final class CheckpointWriter: @unchecked Sendable {
  private let store: CheckpointStore
  private let metadata: [String: String]
  private let retention: CheckpointRetention
  private let snapshot: CheckpointTensors
  private let report: @Sendable (CheckpointOutcome, CheckpointTimes) -> Void
  private let orders = BlockingQueue<CheckpointOrder>(capacity: 1)
  /// Whether the tensors must not change yet.
  private let isCopyAwaited = Monitor(false)
  private let isWriting = Atomic<Bool>(false)
  private let isAbandoned = Atomic<Bool>(false)
  private var thread: SystemThread?

  /// Allocates the copies: four vectors of the layout, and one more for an average.
  /// - Parameters:
  ///   - averages: whether the tensors have an average of the parameters.
  ///   - metadata: what the files of parameters say of the model.
  ///   - report: called on the writing thread, once for each checkpoint; another can be begun by
  ///     then.
  /// - Throws: `ThreadError`.
  package init(
    store: CheckpointStore, layout: ParameterLayout, averages: Bool = false,
    metadata: [String: String] = [:], retention: CheckpointRetention,
    report: @escaping @Sendable (CheckpointOutcome, CheckpointTimes) -> Void
  ) throws {
    self.store = store
    self.metadata = metadata
    self.retention = retention
    self.report = report
    snapshot = CheckpointTensors(
      layout: layout, master: FloatBuffer(count: layout.count),
      replica: FloatBuffer(count: layout.count), firstMoment: FloatBuffer(count: layout.count),
      secondMoment: FloatBuffer(count: layout.count),
      average: averages ? FloatBuffer(count: layout.count) : nil)
    thread = try SystemThread("checkpoints") { [self] in
      while let order = orders.receive(timeout: nil) { serve(order) }
    }
  }

  /// Asks for a checkpoint. The tensors must not change until `waitUntilCopied` returns.
  /// - Returns: false when the one before is still being written: then nothing happens.
  package func begin(_ order: CheckpointOrder) -> Bool {
    guard !isWriting.exchange(true, ordering: .acquiring) else { return false }
    waitUntilCopied()
    isCopyAwaited.withLock { $0 = true }
    orders.send(order)
    return true
  }

  /// Returns when the tensors of the checkpoint asked for last may change.
  /// - Returns: how long that took: next to nothing, where it had been copied before.
  @discardableResult
  package func waitUntilCopied() -> Duration {
    let start = Instant.monotonicNow()
    isCopyAwaited.wait { $0 ? nil : () }
    return Instant.monotonicNow() - start
  }

  /// Makes a checkpoint that was not begun be passed over: the folder is somebody else's.
  package func abandon() { isAbandoned.store(true, ordering: .relaxed) }

  /// Finishes the checkpoint that is being written and ends the thread. Nothing may be begun
  /// afterwards.
  package func close() {
    waitUntilCopied()
    orders.close()
    thread?.join()
  }

  // MARK: The writing thread

  private func serve(_ order: CheckpointOrder) {
    let start = Instant.monotonicNow()
    copy(order.tensors)
    isCopyAwaited.withLock { $0 = false }
    if isAbandoned.load(ordering: .relaxed) { return isWriting.store(false, ordering: .releasing) }
    let copyEnd = Instant.monotonicNow()
    let outcome = order.execute(
      in: store, copy: snapshot, metadata: metadata, retention: retention)
    let times = CheckpointTimes(
      copying: copyEnd - start, writing: Instant.monotonicNow() - copyEnd)
    isWriting.store(false, ordering: .releasing)
    report(outcome, times)
  }

  /// At the speed of memory; each value is read once.
  private func copy(_ tensors: CheckpointTensors) {
    precondition(tensors.layout == snapshot.layout)
    snapshot.master.copy(from: tensors.master)
    snapshot.replica.copy(from: tensors.replica)
    snapshot.firstMoment.copy(from: tensors.firstMoment)
    snapshot.secondMoment.copy(from: tensors.secondMoment)
    if let average = tensors.average { snapshot.average?.copy(from: average) }
  }
}
