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

  mutating func completeStepIfDone(at now: Instant) {
    guard phase == .collecting, work.isComplete else { return }
    let evaluation = work.evaluationReports
    if !evaluation.isEmpty {
      let seconds = evaluation.reduce(0) { $0 + $1.phases.data + $1.phases.compute }
      let baselines = evaluation.reduce(into: .init()) { $0 += $1.baselines }
      commands.append(
        .recordEvaluation(
          EvaluationOutcome(
            step: step, sums: evaluation.sums, baselines: baselines, seconds: seconds)))
    }
    cancelAll()
    if step >= settings.steps {
      return close(.finished, reason: "all \(settings.steps) steps are done")
    }
    if work.isGradientGivenUp {
      return skipOrEnd("the gradient of a microbatch is not finite, computed twice", .infinity)
    }
    phase = .measuring(norm: nil)
    commands.append(.measure(outcome))
  }

  var outcome: StepOutcome {
    StepOutcome(
      step: step,
      sums: work.trainingSums(pairsPerMicrobatch: settings.plan.pairsPerMicrobatch),
      workers: members.count, started: work.started)
  }

  mutating func didUpdate(to digest: Digest, isFinite: Bool) {
    guard case .updating(let norm, let isSkip) = phase else {
      preconditionFailure("an update was made that was not asked for")
    }
    guard isFinite else { return fail(divergenceOfUpdate, as: .diverged) }
    var next = position.next(digest)
    if settings.onDivergence != .stop {
      let history = position.gradients ?? GradientHistory()
      next.gradients = history.next(norm: norm, isSkipped: isSkip)
    }
    commit(StepCommit(position: next, outcome: outcome, gradientNorm: norm, isSkipped: isSkip))
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
      "the run has diverged: the update to step \(step.next) gives numbers that are not finite, and was "
      + "not kept; \(rest). \(Self.helpAgainstDivergence)"
  }

  private mutating func commit(_ commit: StepCommit) {
    phase = .committing(commit, retryAt: nil)
    commands.append(.commit(commit, journalSince: checkpoints.saved ?? Step(0)))
  }

  /// The step survives whatever comes: now it may be told.
  mutating func didCommit(_ committed: Step, journalBytes: Int, at now: Instant) {
    guard case .committing(let commit, _) = phase, commit.position.step == committed else { return }
    commands.append(.recordStep(committed))
    if lastCommitComplaint != nil {
      log(.info, "step \(committed) is in the journal: the run goes on")
    }
    lastCommitComplaint = nil
    position = commit.position
    phase = .collecting
    doubts = []
    for worker in work.reporters.values { members[worker]?.isProven = true }
    work = StepWork(settings: settings, position: position, now: now)
    for worker in members.keys.sorted() {
      members[worker]!.state = .catchingUp
      send(.published(step: step, digest: position.digest), to: worker)
      answerDeferred(of: worker)
    }
    if wantsStop {
      return close(.interrupted, reason: "stopped on request")
    }
    if checkpoints.isDue(at: step, isLast: step == settings.steps, journalBytes: journalBytes) {
      saveCheckpoint()
    }
    // Nothing to evaluate after the last step: there will be no report to wait for.
    completeStepIfDone(at: now)
  }

  mutating func didFailCommit(_ failed: Step, reason: String, at now: Instant) {
    guard case .committing(let commit, _) = phase, commit.position.step == failed else { return }
    if wantsStop { return end(.interrupted, reason: Self.stoppedUncommitted(failed)) }
    phase = .committing(commit, retryAt: now + Self.commitRetry)
    if let last = lastCommitComplaint, now - last < Self.commitReminder { return }
    lastCommitComplaint = now
    log(
      .error,
      "step \(failed) could not be written to the journal: \(reason). The run waits and tries again "
        + "every \(Int(Self.commitRetry.seconds)) s")
  }

  private static func stoppedUncommitted(_ step: Step) -> String {
    "stopped on request (step \(step) could not be written and will be computed again)"
  }

  mutating func didRequestStop(at now: Instant) {
    switch phase {
    case .collecting:
      wantsStop = true
      close(.interrupted, reason: "stopped on request")
    case .committing(let commit, _?):
      end(.interrupted, reason: Self.stoppedUncommitted(commit.position.step))
    case .measuring, .updating, .committing:
      wantsStop = true
    case .closing where !wantsStop:
      wantsStop = true
      log(.info, "ending already, after the last checkpoint; asked once more, without it")
    case .closing:
      end(.interrupted, reason: "stopped on request, without a last checkpoint,")
    case .ended:
      return
    }
  }

  /// Ends the run by `kind` as soon as the newest step has a checkpoint.
  mutating func close(_ kind: StopKind, reason: String) {
    guard phase == .collecting else { return }
    phase = .closing(kind, reason: reason, retryAt: nil)
    closeIfCheckpointed()
  }

  private mutating func closeIfCheckpointed() {
    guard case .closing(let kind, let reason, _) = phase else { return }
    if checkpoints.saved == step {
      end(kind, reason: reason)
    } else if checkpoints.inProgress == nil {
      phase = .closing(kind, reason: reason, retryAt: nil)
      saveCheckpoint()
    }
  }

  private mutating func saveCheckpoint() {
    checkpoints.began(step)
    commands.append(.saveCheckpoint(position))
    if keepsJournal { commands.append(.beginSegment) }
  }

  private var keepsJournal: Bool { settings.journalBytes > 0 }

  mutating func didSaveCheckpoint(_ saved: Step) {
    guard checkpoints.inProgress == saved else { return }
    checkpoints.succeeded(saved)
    // The journal has the records too: what is dropped of it must be durable elsewhere.
    commands.append(.synchronizeRecords)
    if keepsJournal { commands.append(.dropJournal(through: checkpoints.journalStart)) }
    closeIfCheckpointed()
  }

  mutating func didFailCheckpoint(_ failed: Step, reason: String, at now: Instant) {
    guard checkpoints.inProgress == failed else { return }
    checkpoints.failed()
    if case .closing(let kind, let why, _) = phase {
      phase = .closing(kind, reason: why, retryAt: now + Self.checkpointRetry)
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

  /// Tries again what failed a while ago.
  mutating func retryIfDue(at now: Instant) {
    switch phase {
    case .closing(_, _, let retryAt?) where retryAt <= now:
      closeIfCheckpointed()
    case .committing(let commit, let retryAt?) where retryAt <= now:
      self.commit(commit)
    default:
      return
    }
  }

  /// Ends a run that cannot go on.
  mutating func fail(_ reason: String, as kind: StopKind = .error) {
    guard phase != .ended else { return }
    end(kind, reason: reason)
  }

  private mutating func end(_ kind: StopKind, reason: String) {
    phase = .ended
    for worker in members.keys.sorted() { send(.stop(reason: reason, kind: kind), to: worker) }
    commands.append(.end(kind, reason: reason))
  }
}
