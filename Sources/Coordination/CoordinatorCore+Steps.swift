// Steps: committing, publishing, checkpoints, and the end of the run.

import Foundations
import Wire

extension CoordinatorCore {
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
    for open in work.leases.values.sorted(by: { $0.id < $1.id }) { cancel(open) }
    if step >= settings.steps {
      return close(.finished, reason: "all \(settings.steps) steps are done", at: now)
    }
    phase = .updating
    commands.append(
      .update(
        StepOutcome(
          step: step, sums: work.trainingReports.sums, bounds: work.bounds,
          workers: members.count, started: work.started)))
  }

  mutating func didUpdate(to newStep: Step, digest newDigest: Digest, at now: Instant) {
    precondition(phase == .updating && newStep == step.next)
    step = newStep
    digest = newDigest
    phase = .collecting
    work = StepWork(settings: settings, step: step, now: now)
    for worker in members.keys.sorted() {
      members[worker]!.state = .catchingUp
      send(.published(step: step, digest: digest), to: worker)
    }
    let interval = settings.checkpointInterval
    if wantsStop {
      close(.interrupted, reason: "stopped on request", at: now)
    } else if step == settings.steps || (interval > 0 && step.index % interval == 0) {
      commands.append(.saveCheckpoint(step))
    }
    // Nothing to evaluate after the last step: there will be no report to wait for.
    completeStepIfDone(at: now)
  }

  mutating func didRequestStop(at now: Instant) {
    switch phase {
    case .collecting: close(.interrupted, reason: "stopped on request", at: now)
    case .updating: wantsStop = true
    case .closing: end(.error, reason: "stopped before the last checkpoint was written")
    case .ended: return
    }
  }

  private mutating func close(_ kind: StopKind, reason: String, at now: Instant) {
    guard phase == .collecting else { return }
    phase = .closing(kind, reason: reason, retryAt: nil)
    if checkpointedStep == step {
      end(kind, reason: reason)
    } else {
      writeLastCheckpoint()
    }
  }

  mutating func writeLastCheckpoint() {
    guard case .closing(let kind, let reason, _) = phase else { return }
    phase = .closing(kind, reason: reason, retryAt: nil)
    commands.append(.saveCheckpoint(step))
  }

  mutating func didSaveCheckpoint(_ saved: Step) {
    checkpointedStep = saved
    if case .closing(let kind, let reason, _) = phase, saved == step { end(kind, reason: reason) }
  }

  mutating func didFailCheckpoint(_ failed: Step, reason: String, at now: Instant) {
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

  /// Ends a run that cannot go on.
  mutating func fail(_ reason: String) {
    guard phase != .ended else { return }
    end(.error, reason: reason)
  }

  private mutating func end(_ kind: StopKind, reason: String) {
    phase = .ended
    for worker in members.keys.sorted() { send(.stop(reason: reason, kind: kind), to: worker) }
    commands.append(.end(kind, reason: reason))
  }
}
