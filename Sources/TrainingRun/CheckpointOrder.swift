// A checkpoint that was ordered, and what became of it. Not here: the thread that copies the
// tensors and writes them.

import Basics
import Checkpoints
import Coordination

/// Which checkpoints stay.
package struct CheckpointRetention: Sendable {
  package let last: Int
  package let every: Int?

  /// - Parameters:
  ///   - last: the newest so many.
  ///   - every: those whose step is a multiple of it too; nil for none.
  package init(last: Int, every: Int?) {
    self.last = last
    self.every = every
  }
}

package struct CheckpointOrder: Sendable {
  package let step: Step
  /// The store's own, which the next update changes.
  package let tensors: CheckpointTensors
  /// As the run's steps record it.
  package let replicaDigest: Digest
  /// Whatever the run needs to go on.
  package let state: any Encodable & Sendable
  /// The step with the lowest held-out loss, whose checkpoint stays; nil where none has to.
  package let best: Step?

  package init(
    step: Step, tensors: CheckpointTensors, replicaDigest: Digest,
    state: any Encodable & Sendable, best: Step? = nil
  ) {
    self.best = best
    self.step = step
    self.tensors = tensors
    self.replicaDigest = replicaDigest
    self.state = state
  }

  /// Writes the checkpoint and clears older ones away. What cannot be removed now can be after the
  /// next checkpoint.
  /// - Parameters:
  ///   - copy: of the tensors.
  ///   - metadata: what the files of parameters say of the model.
  package func execute(
    in store: CheckpointStore, copy: CheckpointTensors, metadata: [String: String],
    retention: CheckpointRetention
  ) -> CheckpointOutcome {
    let result = Result {
      try store.write(
        step: step, tensors: copy, replicaDigest: replicaDigest, state: state, metadata: metadata)
    }
    let removed = (try? result.get()).map { _ in
      Result { try store.retain(last: retention.last, every: retention.every, best: best) }
    }
    return CheckpointOutcome(step: step, result: result, retention: removed)
  }
}

/// What became of one checkpoint.
package struct CheckpointOutcome: Sendable {
  package let step: Step
  /// The checkpoint, durable; or why there is none.
  package let result: Result<Checkpoint, any Error>
  /// What older checkpoints are gone; or why they could not be removed. Nil when there is no new
  /// one.
  package let retention: Result<[Step], any Error>?

  /// What the core is told.
  package var event: CoordinatorEvent {
    switch result {
    case .success: .checkpointSaved(step)
    case .failure(let error):
      .checkpointFailed(
        step, reason: "\(error)", isForbidden: (error as? FileError)?.isForbidden ?? false)
    }
  }
}
