// The thread that writes checkpoints while training goes on.

import Checkpoints
import Coordination
import Foundation
import Foundations
import Tensors

/// Writes one checkpoint at a time: it copies the tensors, which only an update changes, and writes the copy.
///
/// `@unchecked Sendable`: the snapshot belongs to the thread; orders go through a mailbox.
final class CheckpointWriter: @unchecked Sendable {
  private struct Order: Sendable {
    let step: Step
    let replicaDigest: Digest
    let state: RunState
  }

  private let store: CheckpointStore
  private let live: CheckpointTensors
  private let policy: @Sendable (CheckpointStore) throws -> Void
  private let tell: @Sendable (CoordinatorEvent, CheckpointTimes?) -> Void
  private let orders = Mailbox<Order>(capacity: 1)
  private let copied = DispatchSemaphore(value: 1)
  private let ended = DispatchSemaphore(value: 0)
  /// Made with the first checkpoint.
  private var snapshot: CheckpointTensors?

  /// - Parameters:
  ///   - live: the tensors as training changes them.
  ///   - policy: removes what need not be kept, after each checkpoint.
  ///   - tell: called on this thread with what came of it.
  init(
    _ store: CheckpointStore, live: CheckpointTensors,
    policy: @escaping @Sendable (CheckpointStore) throws -> Void,
    tell: @escaping @Sendable (CoordinatorEvent, CheckpointTimes?) -> Void
  ) {
    self.store = store
    self.live = live
    self.policy = policy
    self.tell = tell
    let thread = Thread { [self] in
      while let order = orders.receive(timeout: nil) { carryOut(order) }
      ended.signal()
    }
    thread.name = "checkpoints"
    thread.start()
  }

  /// Begins a checkpoint of the tensors as they are now.
  /// - Precondition: none is being written.
  func save(step: Step, replicaDigest: Digest, state: RunState) {
    copied.wait()
    orders.send(Order(step: step, replicaDigest: replicaDigest, state: state))
  }

  /// Returns when the tensors may change again.
  /// - Returns: how long that took.
  @discardableResult
  func waitUntilCopied() -> Duration {
    let started = Instant.monotonicNow()
    copied.wait()
    copied.signal()
    return Instant.monotonicNow() - started
  }

  /// Returns when what was begun is done.
  func close() {
    orders.close()
    ended.wait()
  }

  private func carryOut(_ order: Order) {
    let started = Instant.monotonicNow()
    let tensors = copy()
    copied.signal()
    let written = Instant.monotonicNow()
    do {
      let checkpoint = try store.write(
        step: order.step, tensors: tensors, replicaDigest: order.replicaDigest, state: order.state)
      try policy(store)
      tell(
        .checkpointSaved(order.step),
        CheckpointTimes(
          path: checkpoint.path, copy: written - started, write: .monotonicNow() - written))
    } catch {
      tell(.checkpointFailed(order.step, reason: "\(error)"), nil)
    }
  }

  private func copy() -> CheckpointTensors {
    let snapshot =
      snapshot
      ?? CheckpointTensors(
        layout: live.layout, master: FloatBuffer(count: live.layout.count),
        replica: FloatBuffer(count: live.layout.count),
        firstMoment: FloatBuffer(count: live.layout.count),
        secondMoment: FloatBuffer(count: live.layout.count))
    self.snapshot = snapshot
    snapshot.master.copy(from: live.master)
    snapshot.replica.copy(from: live.replica)
    snapshot.firstMoment.copy(from: live.firstMoment)
    snapshot.secondMoment.copy(from: live.secondMoment)
    return snapshot
  }
}

/// How long a checkpoint took.
struct CheckpointTimes: Sendable {
  let path: String
  /// The tensors must not change meanwhile.
  let copy: Duration
  let write: Duration
}
