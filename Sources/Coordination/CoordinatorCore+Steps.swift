// Steps: updating, committing, publishing, checkpoints, and the end of the run.

import Basics
import Wire

extension CoordinatorCore {
  /// Between attempts to commit a step that the disk refused.
  static let commitRetry: Duration = .seconds(2)
  /// Between two words about such a step.
  static let commitReminder: Duration = .seconds(60)
  /// Between attempts at the last checkpoint.
  static let checkpointRetry: Duration = .seconds(10)

  /// Takes a step whose work is all in to what follows from it.
  mutating func completeStepIfDone(at now: Instant) {
    guard state == .collecting, isStepComplete else { return }
    let evaluation = work.isEvaluated ? [] : work.evaluationReports
    if !evaluation.isEmpty {
      let seconds = evaluation.reduce(0) { $0 + $1.phases.data + $1.phases.compute }
      let sums = evaluation.sums
      order(
        .recordEvaluation(
          EvaluationOutcome(
            step: step, sums: sums, means: sums.means(of: settings.measures.evaluation),
            seconds: seconds, wallSeconds: work.evaluationWallSeconds)))
      work.noteEvaluationRecorded()
    }
    cancelAll()
    if step >= settings.steps {
      return close(.finished, reason: "all \(settings.steps) steps are done")
    }
    if work.isGradientGivenUp {
      return skipOrEnd("the gradient of a microbatch is not finite, computed twice", .infinity)
    }
    if beginRecheck(at: now) { return }
    enter(.measuring)
    order(.measure(outcome))
  }

  var outcome: StepOutcome {
    let measures = settings.measures.training
    let sums = work.trainingSums(
      pairsPerMicrobatch: settings.plan.pairsPerMicrobatch, measures: measures.count)
    return StepOutcome(
      step: step, sums: sums, means: sums.means(of: measures), workers: roster.count,
      started: work.began ?? lastTick, spent: work.trainingSeconds,
      workerPeakMemoryBytes: roster.peakMemoryBytes)
  }

  mutating func didUpdate(to digest: Digest, isFinite: Bool) {
    guard case .updating(let norm, let isSkip) = state else {
      preconditionFailure("an update was made that was not asked for")
    }
    guard isFinite else { return end(.diverged, reason: divergenceOfUpdate) }
    var next = position.next(digest, norms: work.isGradientGivenUp ? [] : watch.norms)
    if settings.onDivergence != .stop {
      let history = position.gradients ?? GradientHistory()
      next.gradients = history.next(norm: norm, isSkipped: isSkip)
    }
    let commit = StepCommit(
      position: next, outcome: outcome, gradientNorm: norm, isSkipped: isSkip)
    enter(.committing(commit, nil))
    order(.commit(commit, journalSince: checkpoints.saved ?? Step(0)))
  }

  /// The parameters at hand are spoilt: what is kept of the run is on the disk.
  private var divergenceOfUpdate: String {
    let rest =
      if keepsJournal || checkpoints.saved == step {
        "nothing before it is lost"
      } else if let saved = checkpoints.saved {
        "no journal is kept, so the steps after the checkpoint of step \(saved) are lost"
      } else {
        "no journal is kept and no checkpoint was written, so the steps before it are lost"
      }
    return
      "the run has diverged: the update to step \(step.next) gives numbers that are not finite, "
      + "and was not kept; \(rest). \(helpAgainstDivergence)"
  }

  /// The step survives whatever comes: now it may be told.
  mutating func didCommit(_ committed: Step, journalBytes: Int, at now: Instant) {
    guard case .committing(let commit, let trouble) = state, commit.position.step == committed
    else { return }
    order(.recordStep(committed))
    if trouble != nil { log(.info, "step \(committed) is in the journal: the run goes on") }
    move(to: commit.position)
    enter(.collecting)
    doubts.clear()
    for worker in work.reportingWorkers { roster.update(worker) { $0.isProven = true } }
    startWork(isEvaluated: false, began: now)
    for worker in roster.workers {
      roster.update(worker) { $0.state = .catchingUp }
      send(.published(step: step, digest: position.digest), to: worker)
      answerDeferred(of: worker)
    }
    if wantsStop {
      return close(.interrupted, reason: "stopped on request")
    }
    if checkpoints.isDue(at: step, isLast: step == settings.steps, journalBytes: journalBytes) {
      saveCheckpoint()
    }
  }

  mutating func didFailCommit(_ failed: Step, reason: String, at now: Instant) {
    guard case .committing(let commit, let trouble) = state, commit.position.step == failed
    else { return }
    if wantsStop { return end(.interrupted, reason: Self.stoppedUncommitted(failed)) }
    let retryAt = now + Self.commitRetry
    if let trouble, now - trouble.saidAt < Self.commitReminder {
      return enter(.committing(commit, CommitTrouble(saidAt: trouble.saidAt, retryAt: retryAt)))
    }
    enter(.committing(commit, CommitTrouble(saidAt: now, retryAt: retryAt)))
    log(
      .error,
      "step \(failed) could not be written to the journal: \(reason). The run waits and tries "
        + "again every \(Int(Self.commitRetry.seconds)) s")
  }

  private static func stoppedUncommitted(_ step: Step) -> String {
    "stopped on request (step \(step) could not be written and will be computed again)"
  }

  mutating func didRequestStop() {
    switch state {
    case .collecting:
      noteWishToStop()
      close(.interrupted, reason: "stopped on request")
    case .committing(let commit, let trouble) where trouble?.retryAt != nil:
      end(.interrupted, reason: Self.stoppedUncommitted(commit.position.step))
    case .measuring, .digesting, .updating, .committing:
      noteWishToStop()
    case .closing where !wantsStop && !hasLastCheckpointFailed:
      noteWishToStop()
      log(.info, "ending already, after the last checkpoint; asked once more, without it")
    case .closing:
      end(.interrupted, reason: "stopped on request, without a last checkpoint,")
    case .ended:
      return
    }
  }

  /// Ends the run by `kind` as soon as the newest step has a checkpoint.
  mutating func close(_ kind: StopKind, reason: String) {
    guard state == .collecting else { return }
    enter(.closing(kind, reason: reason, retryAt: nil))
    closeIfCheckpointed()
  }

  private mutating func closeIfCheckpointed() {
    guard case .closing(let kind, let reason, _) = state else { return }
    if checkpoints.saved == step {
      // Should the last checkpoint turn out damaged, the steps since the one before are computed
      // again.
      let isKept = settings.keepsJournalAtEnd || checkpoints.journalStart == step
      if kind == .finished && keepsJournal && !isKept {
        order(.dropJournal(through: step))
      }
      end(kind, reason: reason)
    } else if checkpoints.inProgress == nil {
      enter(.closing(kind, reason: reason, retryAt: nil))
      saveCheckpoint()
    }
  }

  private mutating func saveCheckpoint() {
    checkpoints.began(step)
    order(.saveCheckpoint(position))
    if keepsJournal { order(.beginSegment) }
  }

  private var keepsJournal: Bool { settings.journalBytes > 0 }

  mutating func didSaveCheckpoint(_ saved: Step) {
    guard checkpoints.inProgress == saved else { return }
    checkpoints.succeeded(saved)
    // The journal has the records too: what is dropped of it must be durable elsewhere.
    order(.synchronizeRecords)
    if keepsJournal { order(.dropJournal(through: checkpoints.journalStart)) }
    closeIfCheckpointed()
  }

  mutating func didFailCheckpoint(
    _ failed: Step, reason: String, isForbidden: Bool, at now: Instant
  ) {
    guard checkpoints.inProgress == failed else { return }
    checkpoints.failed()
    if case .closing(let kind, let why, _) = state {
      if isForbidden && settings.journalBytes > 0 {
        return endWithoutCheckpoint(kind, why, because: reason)
      }
      noteFailureOfLastCheckpoint()
      enter(.closing(kind, reason: why, retryAt: now + Self.checkpointRetry))
      log(
        .error,
        "the last checkpoint could not be written: \(reason). Trying again every "
          + "\(Int(Self.checkpointRetry.seconds)) s; Ctrl-C gives up")
    } else {
      log(
        .error,
        "checkpoint of step \(failed) could not be written: \(reason). Training goes on")
    }
  }

  /// Nobody is waited for who might let the folder be written to: every step is in the journal,
  /// from which the checkpoint is made whenever the run goes on.
  private mutating func endWithoutCheckpoint(
    _ kind: StopKind, _ why: String, because reason: String
  ) {
    let help =
      "the last checkpoint could not be written: \(reason). Nothing is lost, every step is in the "
      + "journal: make that place writable, and --resume writes the checkpoint"
    if kind == .finished { return end(.error, reason: "\(why), but \(help)") }
    log(.error, help)
    end(kind, reason: why)
  }

  /// Tries again what failed a while ago.
  mutating func retryIfDue(at now: Instant) {
    switch state {
    case .closing(_, _, let retryAt?) where retryAt <= now:
      closeIfCheckpointed()
    case .committing(let commit, let trouble?):
      guard let retryAt = trouble.retryAt, retryAt <= now else { return }
      enter(.committing(commit, CommitTrouble(saidAt: trouble.saidAt, retryAt: nil)))
      order(.commit(commit, journalSince: checkpoints.saved ?? Step(0)))
    default:
      return
    }
  }

  /// Ends the run, whatever state it is in: its workers hear of it.
  private mutating func end(_ kind: StopKind, reason: String) {
    enter(.ended)
    for worker in roster.workers { send(.stop(reason: reason, kind: kind), to: worker) }
    order(.end(kind, reason: reason))
  }
}
