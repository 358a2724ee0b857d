// Checkpoints beside the run: a thread of its own copies the tensors, which the run waits for at
// its next update at the latest, and then writes the copy while the run goes on. When to write one
// is the caller's business.

import Basics
import Checkpoints
import Synchronization
import Tensors

/// What became of one checkpoint.
package struct CheckpointOutcome: Sendable {
  package let step: Step
  /// The checkpoint, durable; or why there is none.
  package let result: Result<Checkpoint, any Error>
  /// What older checkpoints are gone; or why they could not be removed. Nil when there is no new
  /// one.
  package let retention: Result<[Step], any Error>?
  /// Time taken to copy the tensors, and to write the copy and to clear older checkpoints away.
  package let copyTime: Duration
  package let writeTime: Duration
}

/// Writes one checkpoint at a time, from a copy made when it was asked for. Its thread lives until
/// `close()`.
///
/// `@unchecked Sendable`: `snapshot` is the writing thread's own; `thread` is written by `init` and
/// read by `close`.
package final class CheckpointWriter: @unchecked Sendable {
  /// How many checkpoints stay.
  package struct Retention: Sendable {
    let last: Int
    let every: Int?

    /// - Parameters:
    ///   - last: the newest so many.
    ///   - every: those whose step is a multiple of it too; nil for none.
    package init(last: Int, every: Int?) {
      self.last = last
      self.every = every
    }
  }

  private struct Request: Sendable {
    let step: Step
    let tensors: CheckpointTensors
    let replicaDigest: Digest
    let state: any Encodable & Sendable
  }

  private let store: CheckpointStore
  private let metadata: [String: String]
  private let retention: Retention
  private let snapshot: CheckpointTensors
  private let report: @Sendable (CheckpointOutcome) -> Void
  private let requests = BlockingQueue<Request>(capacity: 1)
  /// Whether the tensors must not change yet.
  private let isCopyAwaited = Monitor(false)
  private let isWriting = Atomic<Bool>(false)
  private var thread: SystemThread?

  /// Allocates the copies: four vectors of the layout.
  /// - Parameters:
  ///   - metadata: what the files of parameters say of the model.
  ///   - report: called on the writing thread, once for each checkpoint; another can be begun by
  ///     then.
  /// - Throws: `ThreadError`.
  package init(
    store: CheckpointStore, layout: ParameterLayout, metadata: [String: String] = [:],
    retention: Retention, report: @escaping @Sendable (CheckpointOutcome) -> Void
  ) throws {
    self.store = store
    self.metadata = metadata
    self.retention = retention
    self.report = report
    snapshot = CheckpointTensors(
      layout: layout, master: FloatBuffer(count: layout.count),
      replica: FloatBuffer(count: layout.count), firstMoment: FloatBuffer(count: layout.count),
      secondMoment: FloatBuffer(count: layout.count))
    thread = try SystemThread("checkpoints") { [self] in
      while let request = requests.receive(timeout: nil) { serve(request) }
    }
  }

  /// Asks for a checkpoint. The tensors must not change until `waitUntilCopied` returns.
  /// - Parameters:
  ///   - replicaDigest: the replica's digest as the run's steps record it.
  ///   - state: whatever the run needs to go on.
  /// - Returns: false when the one before is still being written: then nothing happens.
  package func begin(
    step: Step, tensors: CheckpointTensors, replicaDigest: Digest,
    state: some Encodable & Sendable
  ) -> Bool {
    guard !isWriting.exchange(true, ordering: .acquiring) else { return false }
    waitUntilCopied()
    isCopyAwaited.withLock { $0 = true }
    requests.send(
      Request(step: step, tensors: tensors, replicaDigest: replicaDigest, state: state))
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

  /// Finishes the checkpoint that is being written and ends the thread. Nothing may be begun
  /// afterwards.
  package func close() {
    waitUntilCopied()
    requests.close()
    thread?.join()
  }

  // MARK: The writing thread

  private func serve(_ request: Request) {
    let start = Instant.monotonicNow()
    copy(request.tensors)
    isCopyAwaited.withLock { $0 = false }
    let copyEnd = Instant.monotonicNow()
    let result = Result {
      try store.write(
        step: request.step, tensors: snapshot, replicaDigest: request.replicaDigest,
        state: request.state, metadata: metadata)
    }
    // What cannot be removed now can be after the next checkpoint.
    let removed = (try? result.get()).map { _ in
      Result { try store.retain(last: retention.last, every: retention.every) }
    }
    let outcome = CheckpointOutcome(
      step: request.step, result: result, retention: removed, copyTime: copyEnd - start,
      writeTime: Instant.monotonicNow() - copyEnd)
    isWriting.store(false, ordering: .releasing)
    report(outcome)
  }

  /// At the speed of memory; each value is read once.
  private func copy(_ tensors: CheckpointTensors) {
    precondition(tensors.layout == snapshot.layout)
    snapshot.master.copy(from: tensors.master)
    snapshot.replica.copy(from: tensors.replica)
    snapshot.firstMoment.copy(from: tensors.firstMoment)
    snapshot.secondMoment.copy(from: tensors.secondMoment)
  }
}
