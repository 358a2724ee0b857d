// What a coordinator can be told, and what it can ask for.

import Basics
import Wire

package enum CoordinatorEvent: Sendable {
  case message(Stamped<WorkerMessage>, from: WorkerID)
  /// The connection closed or the process behind it died.
  case disconnected(WorkerID)
  /// A `.reduce` was carried out.
  case reduced(ChunkIndex, microbatch: Int)
  /// A `.reduce` was not carried out: the payload is damaged, or it is sound and holds numbers that are not finite.
  case reductionRefused(
    ChunkIndex, microbatch: Int, LeaseID, from: WorkerID, reason: String, isNotFinite: Bool)
  /// A `.measure` was carried out: the Euclidean norm of the mean gradient.
  case measured(norm: Double)
  /// A `.digestGradient` was carried out.
  case digested(Digest)
  /// An `.update` or a `.skip` was carried out: master and replica are one step further, with this digest of the replica.
  /// Where they are not finite they are of no use, and neither is anything that is made of them.
  case updated(Digest, isFinite: Bool)
  /// A `.commit` was carried out: the step survives a crash. `journalBytes` are in the journal since the
  /// newest checkpoint that is safe.
  case committed(Step, journalBytes: Int)
  case commitFailed(Step, reason: String)
  case checkpointSaved(Step)
  /// - Parameter isForbidden: whether it will fail again until somebody changes what may be written to.
  case checkpointFailed(Step, reason: String, isForbidden: Bool = false)
  /// Somebody wants the run to end after a checkpoint. Asked again, or while the disk refuses a step: without one.
  case stopRequested
  /// Time has passed.
  case tick
}

package enum LogLevel: Sendable { case info, notice, warning, error }

package enum CoordinatorCommand: Sendable {
  case send(Stamped<CoordinatorMessage>, to: WorkerID)
  /// Answer a request with the chunk's delta from `have`, or with its full value where there is none.
  case sendReplicaChunk(ChunkIndex, have: Step?, to: WorkerID, SessionStamp)
  /// Add an encoded chunk to the gradient sum; microbatch 0 starts the sum. Answered by `.reduced` or
  /// `.reductionRefused`.
  case reduce(ChunkIndex, microbatch: Int, payload: [UInt8], LeaseID, from: WorkerID)
  /// Take the norm of the complete sum, divided by the hidden pixels. Answered by `.measured`.
  case measure(StepOutcome)
  /// Digest the complete sum. Answered by `.digested`.
  case digestGradient
  /// Make the optimizer's update and the replica's delta from the complete sum. Answered by `.updated`.
  case update(StepOutcome, gradientNorm: Double)
  /// Count a step that changes nothing: parameters, moments and replica stay. Answered by `.updated`.
  case skip(StepOutcome, gradientNorm: Double)
  /// Make the step durable. Nothing of it is told to anybody before. Answered by `.committed` or `.commitFailed`.
  case commit(StepCommit)
  case recordEvaluation(EvaluationOutcome)
  case recordEvent(kind: String, worker: String?, detail: String, step: Step)
  /// Begin a checkpoint of the step that was just committed. Answered, later, by `.checkpointSaved` or
  /// `.checkpointFailed`.
  case saveCheckpoint(RunPosition)
  /// A worker was removed: whatever is kept for it can go.
  case forget(WorkerID)
  case log(LogLevel, String)
  /// The run has ended, by this reason.
  case end(StopKind, reason: String)
}

/// What the microbatches of one step add up to, in the order of the microbatches.
package struct StepOutcome: Hashable, Sendable {
  /// The step whose replica the gradients were computed on.
  package let step: Step
  package let sums: LossSums
  package let workers: Int
  package let started: Instant
}

/// A step that is complete and only needs to be made durable.
package struct StepCommit: Hashable, Sendable {
  /// After the step.
  package let position: RunPosition
  package let outcome: StepOutcome
  /// Of the mean gradient, before clipping; not finite where it could not be used.
  package let gradientNorm: Double
  /// Whether nothing was changed by it.
  package let isSkipped: Bool
}

/// What the evaluation microbatches of one step add up to.
package struct EvaluationOutcome: Equatable, Sendable {
  package let step: Step
  package let sums: LossSums
  package let baselines: WorkReport.BaselineSums
  /// Work of the whole evaluation, over all workers.
  package let seconds: Double
}
