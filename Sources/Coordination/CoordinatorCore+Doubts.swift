// A gradient that looks wrong is computed again before anything follows from it: a machine's fault
// ends no run and skips no step.

import Basics
import Wire

extension CoordinatorCore {
  /// Computations of one step's gradient before the machines are said to disagree.
  static let computationLimit = 4

  var helpAgainstDivergence: String {
    "Start another run with a lower optimizer.baseLearningRate"
      + (settings.clipsGradients ? "" : ", or with optimizer.clipNorm=1")
  }

  mutating func didMeasure(norm: Double) {
    guard state == .measuring else { return }
    if doubts.isEmpty && !standsOut(norm) { return update(norm: norm) }
    enter(.digesting(norm: norm))
    order(.digestGradient)
  }

  mutating func didDigest(_ digest: Digest, at now: Instant) {
    guard case .digesting(let norm) = state else { return }
    let opinion = SumOpinion(
      digest: digest, sums: outcome.sums, computers: watch.names,
      reached: now)
    if let last = doubts.last, last.agrees(with: opinion) { return decide(norm: norm) }
    doubts.note(opinion)
    enter(.collecting)
    if doubts.count == Self.computationLimit { return close(.error, reason: disagreement) }
    if wantsStop { return close(.interrupted, reason: "stopped on request") }
    let what =
      doubts.count == 1
      ? "its gradient has \(describe(norm: norm))" : "its gradient came out otherwise this time"
    log(
      .warning,
      "step \(step.next): \(what); before anything follows from it, it is computed again, by "
        + "others where there are some")
    // The replica is the same: an evaluation that was made of it holds.
    startWork(isEvaluated: work.isEvaluated, began: work.began)
  }

  /// The machines agree on a gradient of this norm.
  private mutating func decide(norm: Double) {
    guard standsOut(norm) else {
      log(
        .warning,
        "step \(step.next): its gradient is sound after all; of "
          + "\(doubts.namesBeforeLast.joined(separator: ", ")) one has computed wrongly before")
      return update(norm: norm)
    }
    skipOrEnd("its gradient has \(describe(norm: norm)), computed twice to the same bits", norm)
  }

  /// Does what the run's policy is with a step whose gradient cannot be used.
  mutating func skipOrEnd(_ what: String, _ norm: Double) {
    enter(.collecting)
    if settings.onDivergence == .stop {
      return close(
        .diverged,
        reason: "the run has diverged at step \(step.next): \(what). \(helpAgainstDivergence)")
    }
    if position.gradients?.hasSkippedTooLong == true {
      return close(
        .diverged,
        reason:
          "the run has diverged: \(GradientHistory.longestSkip) steps up to step \(step) were "
          + "skipped in turn, and of step \(step.next) \(what). \(helpAgainstDivergence)")
    }
    log(.warning, "step \(step.next) is skipped: \(what); the parameters stay as they are")
    enter(.updating(norm: norm, isSkip: true))
    order(.skip(outcome, gradientNorm: norm))
  }

  private mutating func update(norm: Double) {
    enter(.updating(norm: norm, isSkip: false))
    order(.update(outcome, gradientNorm: norm))
  }

  /// Whether nothing is to be made of a gradient of this norm without a second computation.
  private func standsOut(_ norm: Double) -> Bool {
    if !GradientHistory.isInRange(norm) { return true }
    guard case .skip(let factor) = settings.onDivergence, let median = position.gradients?.median
    else { return false }
    return norm > factor * median
  }

  private func describe(norm: Double) -> String {
    if !norm.isFinite { return "a norm that is not finite" }
    guard GradientHistory.isInRange(norm), let median = position.gradients?.median else {
      return "a norm of \(text(norm))"
    }
    return "a norm of \(text(norm)), where \(text(median)) is ordinary"
  }

  private func text(_ norm: Double) -> String {
    norm < 1e6 ? HumanFormat.decimal(norm, places: 4) : "\(norm)"
  }

  private var disagreement: String {
    "the machines of this run disagree: \(doubts.count) computations of the gradient of step "
      + "\(step.next) have not given the same bits twice in turn (\(doubts.text)). "
      + "Take out the machine that computes wrongly, and resume"
  }

  /// What is computed again goes to others than before, where others have its shard and are not
  /// busy with something else for ever.
  func isOther(_ worker: WorkerID, for item: WorkItem, at now: Instant) -> Bool {
    guard case .train(let microbatch) = item, let last = doubts.last,
      now - last.reached < settings.longestLease
    else { return true }
    let able = roster.members.filter { canDo(item, $0.key) }.map(\.value.name)
    for known in [doubts.computers(of: microbatch), last.computers[microbatch] ?? []]
    where !known.isSuperset(of: able) {
      return !known.contains(roster.name(of: worker))
    }
    return true
  }
}
