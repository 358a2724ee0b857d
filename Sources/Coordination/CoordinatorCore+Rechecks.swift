// A microbatch whose gradient has a norm far outside those of its step and of the steps before is
// computed again, by another worker, before anything follows from it: unequal bits name who
// computed wrongly. Not here: the rule (NormWatch) and the verdict (Recheck).

import Basics
import Wire

extension CoordinatorCore {
  /// Between two words about what stands out and is not computed again.
  static let recheckReminder: Duration = .seconds(60)

  /// Begins to compute again what stands out of a step whose work is in.
  /// - Returns: whether there is something.
  mutating func beginRecheck(at now: Instant) -> Bool {
    let norms = position.norms ?? NormWatch()
    // A step that is in doubt is computed again as a whole.
    guard doubts.isEmpty, let suspect = watch.suspect(norms) else { return false }
    let result = watch[suspect.microbatch]
    let what =
      "microbatch \(suspect.microbatch) of step \(step), by \(result.computers.text), has a "
      + "gradient with a norm of \(text(result.norm)), where "
      + "\(suspect.references.map(text).joined(separator: " or ")) is ordinary"
    guard norms.mayConfirm(at: step, of: settings.steps, microbatches: work.microbatches) else {
      if let said = saidAllConfirmed, now - said < Self.recheckReminder { return false }
      saidAllConfirmed = now
      log(
        .warning,
        "\(what). It is taken as it is: \(norms.confirmations) such microbatches were computed "
          + "again and were sound, and no more than a hundredth of a run's are")
      return false
    }
    log(.warning, "\(what); before anything follows from it, it is computed again")
    event(.rechecked, nil, what)
    watch.beginRecheck(of: suspect.microbatch, unlike: suspect.references, at: now)
    work.recheck(suspect.microbatch)
    return true
  }

  private func text(_ norm: Double) -> String { HumanFormat.significant(norm) }

  // MARK: - The work

  /// - Returns: the credit that the lease begins with.
  mutating func openRecheck(_ lease: LeaseID, to worker: WorkerID) -> Int {
    guard let computer = roster.computer(worker) else { return 0 }
    let reducer = GradientReducer(microbatches: 1, settings)
    return watch.recheck?.open(lease, to: worker, computer, reducer) ?? 0
  }

  /// Whether a worker is the one to compute again what stands out: whoever has had the least part
  /// in it. When that one does not get to it for longer than any lease, anybody.
  func mayRecheck(_ item: WorkItem, _ worker: WorkerID, at now: Instant) -> Bool {
    guard case .recheck = item else { return true }
    guard let recheck = watch.recheck, !recheck.awaitsMeasures,
      let computer = roster.computer(worker)
    else { return false }
    // Who is the judge of a result that is not finite is said elsewhere.
    if work.notFinite[item] != nil || now - recheck.since > settings.longestLease { return true }
    return recheck.leastAsked(of: able(for: item)).contains(computer)
  }

  private func able(for item: WorkItem) -> [Computer] {
    roster.workers.filter { canDo(item, $0) }.compactMap(roster.computer)
  }

  mutating func finishRecheck(_ open: OpenLease, _ report: WorkReport, at now: Instant) {
    let isWhole = watch.recheck?.finish(open.id, report.sums, at: now) ?? false
    close(open.id)
    becomeIdle(open.worker, after: open.id)
    guard isWhole else {
      return log(
        .warning, "\(describe(open.item)) of step \(step) came with chunks missing; asking again")
    }
    notePace(of: open, report, at: now)
    for other in leases.of(open.item) { cancel(other) }
    refuseThoseRefuted(by: open.item)
    considerRecheck(at: now)
  }

  // MARK: - What comes of it

  /// Acts on the results, when they tell enough.
  mutating func considerRecheck(at now: Instant) {
    guard state == .collecting, let recheck = watch.recheck, !recheck.awaitsMeasures else { return }
    let item = WorkItem.recheck(recheck.microbatch)
    switch recheck.verdict(able: able(for: item)) {
    case .open:
      return
    case .believed(let place):
      believe(recheck.results[place], of: recheck)
    case .disagreement:
      let names = recheck.results.map(\.computers.text).joined(separator: "; ")
      close(
        .error,
        reason: "the machines of this run disagree: \(recheck.results.count) computations of "
          + "\(describe(item)) of step \(step) do not tell which of them is right (\(names)). "
          + "Take out the machine that computes wrongly, and resume")
    }
  }

  private mutating func believe(_ sound: MicrobatchResult, of recheck: Recheck) {
    let others = recheck.results.filter { !$0.equals(sound) }
    for other in others { blame(other.computers(unlike: sound), other, sound, recheck) }
    let isSumSound = recheck.results[0].equals(sound)
    if others.isEmpty {
      log(
        .info,
        "microbatch \(recheck.microbatch) of step \(step) is sound: the same bits came from "
          + recheck.results.dropFirst().reduce(into: Set()) { $0.formUnion($1.computers) }.text)
      var next = position
      var norms = position.norms ?? NormWatch()
      norms.noteConfirmations(recheck.results.count - 1)
      next.norms = norms
      move(to: next)
    }
    guard isSumSound else {
      log(.warning, "the sum of step \(step) holds it: all of the step is computed again")
      cancelAll()
      return startWork(isEvaluated: work.isEvaluated, began: work.began)
    }
    watch.confirm(recheck.microbatch)
    work.recheck(nil)
  }

  /// Names whoever computed wrongly, and has no more of it.
  private mutating func blame(
    _ liars: Set<Computer>, _ wrong: MicrobatchResult, _ sound: MicrobatchResult, _ recheck: Recheck
  ) {
    let reason =
      "what it computed of microbatch \(recheck.microbatch) of step \(step) is wrong (a gradient "
      + "with a norm of \(text(wrong.norm))): other bits, with a norm of \(text(sound.norm)), came "
      + "from \(sound.computers.text)"
    for liar in liars.sorted(by: { ($0.name, $0.nonce) < ($1.name, $1.nonce) }) {
      let member = roster.workers.first { roster[$0]?.nonce == liar.nonce }
      if let member {
        refuse(member, .unsound, reason)
      } else {
        log(.error, "\(liar.name), which is gone: \(reason)")
      }
    }
  }
}
