// Results that are not finite. One worker's word costs that worker its place and the run nothing;
// that the run has diverged takes a second one, of somebody who is trusted more than a stranger.

import Basics
import Wire

extension CoordinatorCore {
  /// Hears that an item came out not finite. A stranger, none of whose results is in a committed
  /// step, is refused at once. Who has proved sound stays until the item is computed a second time:
  /// that tells whose fault it is.
  mutating func hearNotFinite(
    _ item: WorkItem, _ lease: LeaseID, from worker: WorkerID, _ reason: String, at now: Instant
  ) {
    // More of the same computation is not another one.
    let isKnown = work.notFinite[item]?.contains { $0.lease == lease } ?? false
    guard let member = roster[worker], !isKnown else { return }
    work.note(
      NotFiniteResult(
        lease: lease, name: member.name, nonce: member.nonce, isProven: member.isProven, time: now),
      of: item)
    if member.isProven {
      log(.warning, "\(member.name) at step \(step): \(reason); it is computed a second time")
      if let open = leases[lease] { cancel(open) }
    } else {
      refuse(worker, .unsound, reason)
    }
    concludeNotFinite(item, at: now)
  }

  /// Acts on what was said of items, when enough was or the wait for more is over.
  mutating func considerNotFinite(at now: Instant) {
    guard state == .collecting else { return }
    for item in work.notFinite.keys.sorted() where !work.isDone(item) {
      concludeNotFinite(item, at: now)
    }
  }

  private mutating func concludeNotFinite(_ item: WorkItem, at now: Instant) {
    guard state == .collecting, isConfirmed(item, at: now) else { return }
    let names = Set(work.notFinite[item, default: []].map(\.name)).sorted()
    let what =
      "\(describe(item)) is not finite, whoever computes it "
      + "(\(names.prefix(8).joined(separator: ", ")))"
    if item.hasGradient, settings.onDivergence != .stop {
      work.giveUpGradient()
      for open in leases.all where open.item.hasGradient { cancel(open) }
      return
    }
    close(
      .diverged,
      reason: "the run has diverged at step \(step.next): \(what). \(helpAgainstDivergence)")
  }

  /// Whether a second computation says the same, and not only strangers do while there is somebody
  /// else to ask. Where nobody has proved sound and nobody is left to ask, others have
  /// `heartbeatTimeout` to join or to come back.
  private func isConfirmed(_ item: WorkItem, at now: Instant) -> Bool {
    let results = work.notFinite[item] ?? []
    guard results.count >= 2, let first = results.first, let last = results.last else {
      return false
    }
    if last.isProven { return true }
    if !unheard(of: item).isEmpty { return false }
    return results.contains(where: \.isProven) || now - first.time >= settings.heartbeatTimeout
  }

  /// Whether a worker is the one to say how an item comes out of which results were not finite: of
  /// those who have not said so, who proved sound before who joined late; where all have, one of
  /// them again. When that one does not get to it for longer than any lease, anybody.
  func isJudge(_ worker: WorkerID, of item: WorkItem, at now: Instant) -> Bool {
    guard let last = work.notFinite[item]?.last else { return true }
    let unheard = unheard(of: item)
    if unheard.isEmpty { return true }
    if now - last.time > settings.longestLease { return unheard.contains(worker) }
    let busy = Set(leases.of(item).map(\.worker))
    // Numbers of workers rise in the order of their coming.
    let best = unheard.filter { !busy.contains($0) }.min {
      (isProven($0) ? 0 : 1, $0) < (isProven($1) ? 0 : 1, $1)
    }
    return worker == best
  }

  private func isProven(_ worker: WorkerID) -> Bool { roster[worker]?.isProven ?? false }

  /// Members that can compute the item and have not said that it is not finite.
  private func unheard(of item: WorkItem) -> [WorkerID] {
    let heard = Set(work.notFinite[item]?.map(\.nonce) ?? [])
    return roster.members.filter { !heard.contains($0.value.nonce) && canDo(item, $0.key) }
      .map(\.key)
  }

  /// An item came out sound after all: who said otherwise is not to be trusted.
  mutating func refuseThoseRefuted(by item: WorkItem) {
    let liars = Set(work.settle(item).map(\.nonce))
    for worker in roster.workers {
      guard let member = roster[worker], liars.contains(member.nonce) else { continue }
      refuse(
        worker, .unsound,
        "\(describe(item)) came out not finite from it, and sound from a second computation; its "
          + "machine is to be doubted")
    }
  }
}
