// What a coordinator can be told, and what it can ask for.

import Foundations
import Wire

public enum CoordinatorEvent: Sendable {
  case message(WorkerMessage, from: WorkerID)
  /// The connection closed or the process behind it died.
  case disconnected(WorkerID)
  /// A `.reduce` was carried out.
  case reduced(ChunkIndex, microbatch: Int)
  /// A `.reduce` was not carried out: the payload is damaged or holds numbers that are not finite.
  case reductionRefused(ChunkIndex, microbatch: Int, from: WorkerID, reason: String)
  /// An `.update` was carried out: master and replica are now at `step`.
  case updated(Step, Digest)
  case checkpointSaved(Step)
  case checkpointFailed(Step, reason: String)
  /// Somebody wants the run to end after a checkpoint; a second time: without one.
  case stopRequested
  /// Time has passed.
  case tick
}

public enum LogLevel: Sendable { case info, notice, warning, error }

public enum CoordinatorCommand: Sendable {
  case send(CoordinatorMessage, to: WorkerID)
  /// Answer a request with the chunk's delta from `have`, or with its full value where there is none.
  case sendReplicaChunk(ChunkIndex, have: Step?, to: WorkerID)
  /// Add an encoded chunk to the gradient sum; microbatch 0 starts the sum. Answered by `.reduced` or
  /// `.reductionRefused`.
  case reduce(ChunkIndex, microbatch: Int, payload: [UInt8], from: WorkerID)
  /// Make the optimizer's update and the replica's delta from the complete sum. Answered by `.updated`.
  case update(StepOutcome)
  case recordEvaluation(EvaluationOutcome)
  case recordEvent(kind: String, worker: String, detail: String, step: Step)
  /// Answered by `.checkpointSaved` or `.checkpointFailed`.
  case saveCheckpoint(Step)
  /// A worker was removed: whatever is kept for it can go.
  case forget(WorkerID)
  case log(LogLevel, String)
  /// The run has ended, by this reason.
  case end(StopKind, reason: String)
}

/// What the microbatches of one step add up to, in the order of the microbatches.
public struct StepOutcome: Hashable, Sendable {
  /// The step whose replica the gradients were computed on.
  public let step: Step
  public let sums: LossSums
  public let bounds: MaskRatioBounds
  public let workers: Int
  public let started: Instant
}

/// What the evaluation microbatches of one step add up to.
public struct EvaluationOutcome: Equatable, Sendable {
  public let step: Step
  public let sums: LossSums
  public let baselines: WorkReport.BaselineSums
  /// Work of the whole evaluation, over all workers.
  public let seconds: Double
}
