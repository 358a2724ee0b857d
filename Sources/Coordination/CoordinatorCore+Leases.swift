// Who computes what: leases go out in the order of the microbatches, late ones to a second worker
// too.

import Basics
import Wire

extension CoordinatorCore {
  /// Gives every idle worker the first item that it can do and that needs doing.
  mutating func assignLeases(at now: Instant) {
    var idle = roster.idle
    var isStranded = false
    for item in work.remaining where leases.wantsAnother(item, at: now) {
      guard let place = idle.firstIndex(where: { mayTake(item, $0, at: now) }) else {
        isStranded = true
        if idle.isEmpty { break }
        continue
      }
      if let late = leases.of(item).first {
        log(
          .warning,
          "\(roster.name(of: late.worker)) is late with \(describe(item)) of step \(step); asking "
            + "another too")
      }
      lease(item, to: idle.remove(at: place), at: now)
    }
    if isStranded { makeWayForLateItem(at: now) }
  }

  /// An item is late and nobody idle may take it. If somebody only waits until that very item makes
  /// room for its own gradient, it would wait forever: it drops what it has and gets the late item.
  private mutating func makeWayForLateItem(at now: Instant) {
    // Somebody who was told to drop a lease is about to be free.
    let isBeingFreed = roster.members.values.contains {
      if case .working(let lease) = $0.state { leases[lease] == nil } else { false }
    }
    if isBeingFreed { return }
    // The last in order first. Not everybody may take everything: it need not be that one.
    for lease in reducer.withheld.reversed() {
      guard let waiting = leases[lease], isNeededElsewhere(waiting, at: now) else { continue }
      return cancel(waiting)
    }
  }

  /// Whether an earlier item needs doing that the worker of a lease may take.
  private func isNeededElsewhere(_ waiting: OpenLease, at now: Instant) -> Bool {
    work.remaining.contains { item in
      item < waiting.item && leases.wantsAnother(item, at: now)
        && mayTake(item, waiting.worker, at: now)
    }
  }

  func canDo(_ item: WorkItem, _ worker: WorkerID) -> Bool {
    guard let shard = work.shard(of: item) else { return false }
    return roster[worker]?.shards.contains(shard) ?? false
  }

  /// Whether a worker can do an item now and is the one to do it, where that matters.
  private func mayTake(_ item: WorkItem, _ worker: WorkerID, at now: Instant) -> Bool {
    canDo(item, worker) && isJudge(worker, of: item, at: now) && isOther(worker, for: item, at: now)
      && mayRecheck(item, worker, at: now)
  }

  private mutating func lease(_ item: WorkItem, to worker: WorkerID, at now: Instant) {
    guard let shard = work.shard(of: item) else { return }
    work.begin(item, at: now)
    let id: LeaseID
    let message: Lease
    switch item {
    case .train(let microbatch):
      let held = reducer.chunks(of: microbatch)
      id =
        leases.open(
          item, to: worker, isReportAlone: held.count == reducer.chunkCount, at: now
        ).id
      let credit = reducer.open(id, of: microbatch, to: worker)
      message = Lease(
        id: id, step: step, kind: .train, microbatch: UInt32(microbatch), shard: shard,
        bounds: work.bounds, held: held, credit: UInt32(credit))
    case .recheck(let microbatch):
      id = leases.open(item, to: worker, isReportAlone: false, at: now).id
      message = Lease(
        id: id, step: step, kind: .train, microbatch: UInt32(microbatch), shard: shard,
        bounds: work.bounds, credit: UInt32(openRecheck(id, to: worker)))
    case .evaluate(let microbatch):
      id = leases.open(item, to: worker, isReportAlone: false, at: now).id
      message = Lease(
        id: id, step: step, kind: .evaluate, microbatch: UInt32(microbatch), shard: shard,
        bounds: settings.maskRatio.evaluationBounds)
    }
    roster.update(worker) { $0.state = .working(id) }
    send(.lease(message), to: worker)
  }

  mutating func finish(
    _ lease: LeaseID, of worker: WorkerID, with report: WorkReport, at now: Instant
  ) {
    guard let open = leases[lease] else { return becomeIdle(worker, after: lease) }
    guard open.worker == worker else {
      return refuse(worker, .misconduct, "it reported lease \(lease), which is not its own")
    }
    if let reason = impossibility(in: report, of: open.item) {
      return refuse(worker, .misconduct, "\(describe(open.item)): \(reason)")
    }
    if let bytes = report.peakMemoryBytes { roster.update(worker) { $0.peakMemoryBytes = bytes } }
    if case .recheck = open.item, report.isFinite {
      return finishRecheck(open, report, at: now)
    }
    close(lease)
    becomeIdle(worker, after: lease)
    guard report.isFinite else {
      let reason = "\(describe(open.item)): its loss is not finite"
      return hearNotFinite(open.item, lease, from: worker, reason, at: now)
    }
    if case .train(let microbatch) = open.item, !reducer.hasAll(of: microbatch) {
      log(.warning, "\(describe(open.item)) of step \(step) came with chunks missing; asking again")
    } else if !work.isDone(open.item) {
      work.note(report, of: open.item, by: worker, at: now)
      if case .train(let microbatch) = open.item, let computer = roster.computer(worker) {
        watch.note(report.sums, of: microbatch, by: computer)
      }
      notePace(of: open, report, at: now)
      for other in leases.of(open.item) { cancel(other) }
      refuseThoseRefuted(by: open.item)
    }
  }

  mutating func notePace(of open: OpenLease, _ report: WorkReport, at now: Instant) {
    guard let straggler = leases.notePace(of: open, report.phases, at: now) else { return }
    log(.warning, "\(roster.name(of: open.worker)) is slow: \(straggler.detail)")
    event(.slow, open.worker, straggler.detail)
  }

  /// Why a report cannot be of this run; nil when it can.
  private func impossibility(in report: WorkReport, of item: WorkItem) -> String? {
    let sums = report.sums
    let pairs = settings.plan.pairsPerMicrobatch
    if sums.pairs != pairs || sums.hidden > pairs * settings.pixelsPerPair {
      return "it counts \(sums.pairs) pairs and \(sums.hidden) hidden pixels"
    }
    let measures =
      switch item {
      case .train, .recheck: settings.measures.training
      case .evaluate: settings.measures.evaluation
      }
    if sums.measures.count != measures.count {
      return
        "it measures \(sums.measures.count) things beside the loss instead of \(measures.count)"
    }
    return nil
  }

  mutating func takeBack(
    _ lease: LeaseID, of worker: WorkerID, reason: String, givesUpShard: Bool
  ) {
    if let open = leases[lease], open.worker == worker {
      close(lease)
      let name = roster.name(of: worker)
      log(.warning, "\(name) returned \(describe(open.item)) of step \(step): \(reason)")
      if givesUpShard, let shard = work.shard(of: open.item) {
        roster.giveUp(shard, by: worker)
        event(.shardUnreadable, worker, "shard \(shard): \(reason)")
      }
    }
    becomeIdle(worker, after: lease)
  }

  mutating func becomeIdle(_ worker: WorkerID, after lease: LeaseID) {
    roster.update(worker) { if $0.state == .working(lease) { $0.state = .idle } }
  }

  mutating func cancel(_ open: OpenLease) {
    close(open.id)
    send(.cancel(lease: open.id), to: open.worker)
  }

  mutating func cancelAll() {
    for open in leases.all { cancel(open) }
  }

  /// A lease is over, however it ended.
  mutating func close(_ lease: LeaseID) {
    leases.close(lease)
    reducer.close(lease)
    watch.recheck?.close(lease)
  }

  func describe(_ item: WorkItem) -> String {
    switch item {
    case .train(let microbatch), .recheck(let microbatch): "microbatch \(microbatch)"
    case .evaluate(let microbatch): "evaluation \(microbatch)"
    }
  }
}
