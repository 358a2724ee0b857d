// What a coordinator can be told, and what it can ask for.

import Basics
import Wire

/// What happened to a coordinator.
package enum CoordinatorEvent: Equatable, Sendable {
  case message(Stamped<WorkerMessage>, from: WorkerID)
  /// The connection closed or the process behind it died.
  case disconnected(WorkerID)
  /// A `.reduce` was carried out, of values of this measure. It may come late, when that sum is not
  /// wanted any more.
  case reduced(ChunkIndex, microbatch: Int, LeaseID, ChunkMeasure)
  /// A `.reduce` was not carried out: the payload is damaged, or it is sound and holds numbers that
  /// are not finite. As late as the other.
  case reductionRefused(
    ChunkIndex, microbatch: Int, LeaseID, from: WorkerID, reason: String, isNotFinite: Bool)
  /// A `.measure` was carried out: the Euclidean norm of the mean gradient.
  case measured(norm: Double)
  /// A `.digestGradient` was carried out.
  case digested(Digest)
  /// An `.update` or a `.skip` was carried out: master and replica are one step further, with this
  /// digest of the replica. Where they are not finite they are of no use, and neither is anything
  /// that is made of them.
  case updated(Digest, isFinite: Bool)
  /// A `.commit` was carried out: the step survives a crash. `journalBytes` are in the journal
  /// since the newest checkpoint that is safe.
  case committed(Step, journalBytes: Int)
  case commitFailed(Step, reason: String)
  case checkpointSaved(Step)
  /// - Parameter isForbidden: whether it will fail again until somebody changes what may be written
  ///   to.
  case checkpointFailed(Step, reason: String, isForbidden: Bool = false)
  /// Somebody wants the run to end after a checkpoint. Asked again, or while the disk refuses a
  /// step or that checkpoint: without one.
  case stopRequested
  /// Time has passed.
  case tick

  /// Whether it answers a `.reduce`.
  package var isOfReduction: Bool {
    switch self {
    case .reduced, .reductionRefused: true
    default: false
    }
  }
}

/// What is worth a record of its own among the metrics.
package enum RunEventKind: String, Sendable {
  case joined, left, refused, slow, rechecked, shardUnreadable, shardLost
}

/// What the coordinator wants done. Commands with numbers that are not a number are not equal to
/// themselves.
package enum CoordinatorCommand: Equatable, Sendable {
  case send(Stamped<CoordinatorMessage>, to: WorkerID)
  /// Answer a request with the chunk's delta from `have`, or with its full value where there is
  /// none.
  case sendReplicaChunk(ChunkIndex, have: Step?, to: WorkerID, SessionStamp)
  /// Add an encoded chunk to the gradient sum, after all that was ordered of the same chunk before,
  /// or only measure it, where its place is `.outside`. Answered by `.reduced` or
  /// `.reductionRefused`.
  case reduce(ReductionOrder)
  /// Take the norm of the complete sum, divided by the hidden pixels. Answered by `.measured`.
  case measure(StepOutcome)
  /// Digest the complete sum. Answered by `.digested`.
  case digestGradient
  /// Make the optimizer's update and the replica's delta from the complete sum. Answered by
  /// `.updated`.
  case update(StepOutcome, gradientNorm: Double)
  /// Count a step that changes nothing: parameters, moments and replica stay. Answered by
  /// `.updated`.
  case skip(StepOutcome, gradientNorm: Double)
  /// Make the step durable. Nothing of it is told to anybody before. Answered by `.committed`, with
  /// the journal's length since `journalSince`, or by `.commitFailed`.
  case commit(StepCommit, journalSince: Step)
  /// The step that was committed is durable: it counts from now on, and its record is written.
  case recordStep(Step)
  case recordEvaluation(EvaluationOutcome)
  case recordEvent(kind: RunEventKind, worker: String?, detail: String, step: Step)
  /// Begin a checkpoint of the step that was just committed. Answered, later, by `.checkpointSaved`
  /// or `.checkpointFailed`.
  case saveCheckpoint(RunPosition)
  /// Go on in a new segment of the journal.
  case beginSegment
  /// Make durable what was recorded so far.
  case synchronizeRecords
  /// Remove the segments of the journal that hold nothing but steps up to this one.
  case dropJournal(through: Step)
  /// A worker was removed: whatever is kept for it can go.
  case forget(WorkerID)
  case log(LogLevel, String)
  /// The run has ended, by this reason.
  case end(StopKind, reason: String)

  /// Whether it reads or replaces the gradient sum: no reduction may be under way.
  package var needsSum: Bool {
    switch self {
    case .measure, .digestGradient, .update, .skip: true
    default: false
    }
  }

  /// Whether it leaves a line in the log or the metrics that a peer may have caused.
  package var isLine: Bool {
    switch self {
    case .log, .recordEvent: true
    default: false
    }
  }
}

/// A chunk of a gradient whose turn has come.
package struct ReductionOrder: Equatable, Sendable {
  package let chunk: ChunkIndex
  package let microbatch: Int
  /// Whether the chunk's sum begins or is complete with it.
  package let place: PlaceInSum
  package let payload: [UInt8]
  package let lease: LeaseID
  package let worker: WorkerID

  package init(
    _ chunk: ChunkIndex, microbatch: Int, place: PlaceInSum, payload: [UInt8], lease: LeaseID,
    worker: WorkerID
  ) {
    self.chunk = chunk
    self.microbatch = microbatch
    self.place = place
    self.payload = payload
    self.lease = lease
    self.worker = worker
  }
}

/// Where a microbatch stands among those that a sum is made of, in the order in which they are
/// added.
package enum PlaceInSum: Hashable, Sendable {
  /// It is the whole sum.
  case only
  case first
  case middle
  case last
  /// It is no part of the sum, and only measured.
  case outside

  /// - Precondition: `microbatch` is below `count`.
  init(of microbatch: Int, among count: Int) {
    precondition((0..<count).contains(microbatch))
    switch (microbatch == 0, microbatch == count - 1) {
    case (true, true): self = .only
    case (true, false): self = .first
    case (false, true): self = .last
    case (false, false): self = .middle
    }
  }

  /// Whether nothing was added before it.
  package var beginsSum: Bool { self == .only || self == .first }
  /// Whether nothing is added after it.
  package var completesSum: Bool { self == .only || self == .last }
}

/// What the microbatches of one step add up to, in the order of the microbatches.
package struct StepOutcome: Hashable, Sendable {
  /// The step whose replica the gradients were computed on.
  package let step: Step
  package let sums: LossSums
  /// What the objective measured beside its loss.
  package let means: [MeasuredMean]
  /// Who was there when it was complete.
  package let workers: Int
  /// When the first computation of it began.
  package let started: Instant
  /// Of the workers, over all microbatches.
  package let spent: WorkReport.PhaseSeconds
  /// The most that the process of any worker there has had; nil where none has told.
  package let workerPeakMemoryBytes: Int?

  package init(
    step: Step, sums: LossSums, means: [MeasuredMean], workers: Int, started: Instant,
    spent: WorkReport.PhaseSeconds = WorkReport.PhaseSeconds(), workerPeakMemoryBytes: Int? = nil
  ) {
    self.step = step
    self.sums = sums
    self.means = means
    self.workers = workers
    self.started = started
    self.spent = spent
    self.workerPeakMemoryBytes = workerPeakMemoryBytes
  }
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

  package init(
    position: RunPosition, outcome: StepOutcome, gradientNorm: Double, isSkipped: Bool
  ) {
    self.position = position
    self.outcome = outcome
    self.gradientNorm = gradientNorm
    self.isSkipped = isSkipped
  }
}

/// What the evaluation microbatches of one step add up to.
package struct EvaluationOutcome: Equatable, Sendable {
  package let step: Step
  package let sums: LossSums
  /// What the objective measured beside its loss.
  package let means: [MeasuredMean]
  /// Work of the whole evaluation, over all workers.
  package let seconds: Double
  /// From its first lease to its last report.
  package let wallSeconds: Double

  package init(
    step: Step, sums: LossSums, means: [MeasuredMean], seconds: Double, wallSeconds: Double
  ) {
    self.step = step
    self.sums = sums
    self.means = means
    self.seconds = seconds
    self.wallSeconds = wallSeconds
  }
}
