// Who computes what: leases go out in the order of the microbatches, late ones to a second worker too.

import Basics
import Wire

extension CoordinatorCore {
  /// Workers that may be at the same item at once.
  static let leasesPerItem = 2

  /// Gives every idle worker the first item that it can do and that needs doing.
  mutating func assignLeases(at now: Instant) {
    guard phase == .collecting else { return }
    grantCredit()
    var idle = members.keys.filter { members[$0]!.state == .idle }.sorted()
    var isStranded = false
    let openLeases = Dictionary(grouping: work.leases.values, by: \.item)
    for item in work.items where !work.isDone(item) {
      let open = openLeases[item] ?? []
      guard open.isEmpty || isLate(open, at: now) else { continue }
      guard let place = idle.firstIndex(where: { mayTake(item, $0, at: now) }) else {
        isStranded = true
        if idle.isEmpty { break }
        continue
      }
      if let late = open.first {
        let name = members[late.worker]?.name ?? "worker \(late.worker)"
        log(.warning, "\(name) is late with \(describe(item)) of step \(step); asking another too")
      }
      lease(item, to: idle.remove(at: place), at: now)
    }
    if isStranded { makeWayForLateItem(at: now) }
  }

  private func isLate(_ open: [OpenLease], at now: Instant) -> Bool {
    open.count < Self.leasesPerItem && open.allSatisfy { $0.deadline <= now }
  }

  /// An item is late and nobody idle may take it. If somebody only waits until that very item makes room for its
  /// own gradient, it would wait forever: it drops what it has and gets the late item.
  private mutating func makeWayForLateItem(at now: Instant) {
    let openLeases = Dictionary(grouping: work.leases.values, by: \.item)
    // Somebody who was told to drop a lease is about to be free.
    let isBeingFreed = members.values.contains {
      if case .working(let lease) = $0.state { work.leases[lease] == nil } else { false }
    }
    if isBeingFreed { return }
    // The last in order first. Not everybody may take everything: it need not be that one.
    let waiting = work.leases.values.filter(isWithheld).sorted {
      ($1.item, $1.id) < ($0.item, $0.id)
    }
    let needed = waiting.first { lease in
      work.items.contains { item in
        guard item < lease.item, !work.isDone(item), mayTake(item, lease.worker, at: now)
        else { return false }
        let open = openLeases[item] ?? []
        return open.isEmpty || isLate(open, at: now)
      }
    }
    if let needed { cancel(needed) }
  }

  func canDo(_ item: WorkItem, _ worker: WorkerID) -> Bool {
    members[worker]!.shards.contains(work.shard(of: item))
  }

  /// Whether a worker can do an item now and is the one to do it, where that matters.
  private func mayTake(_ item: WorkItem, _ worker: WorkerID, at now: Instant) -> Bool {
    canDo(item, worker) && isJudge(worker, of: item, at: now) && isOther(worker, for: item, at: now)
  }

  private mutating func lease(_ item: WorkItem, to worker: WorkerID, at now: Instant) {
    let id = LeaseID(nextLease)
    nextLease &+= 1
    let (kind, number, bounds, held): (LeaseKind, Int, MaskRatioBounds, ChunkSet) =
      switch item {
      case .train(let microbatch):
        (.train, microbatch, work.bounds, work.ledger.chunks(of: microbatch))
      case .evaluate(let microbatch):
        (.evaluate, microbatch, settings.maskRatio.evaluationBounds, ChunkSet())
      }
    var open = OpenLease(
      id: id, item: item, worker: worker, started: now,
      deadline: now + deadlines.timeout(for: worker),
      chunksToCome: kind == .train ? work.ledger.chunkCount - held.count : 0)
    open.credit = initialCredit(of: open)
    work.leases[id] = open
    members[worker]!.state = .working(id)
    send(
      .lease(
        Lease(
          id: id, step: step, kind: kind, microbatch: UInt32(number),
          shard: work.shard(of: item), bounds: bounds, held: held, credit: UInt32(open.credit))),
      to: worker)
  }

  mutating func didRefuse(
    _ chunk: ChunkIndex, of microbatch: Int, _ lease: LeaseID, from worker: WorkerID,
    reason: String, isNotFinite: Bool, at now: Instant
  ) {
    work.ledger.reject(chunk)
    // A report that rests on the refused chunk counts no more.
    work.reports[.train(microbatch)] = nil
    work.reporters[.train(microbatch)] = nil
    let reason = "gradient of microbatch \(microbatch), chunk \(chunk): \(reason)"
    if isNotFinite {
      hearNotFinite(.train(microbatch), lease, from: worker, reason, at: now)
    } else {
      refuseMember(worker, reason)
    }
    assignLeases(at: now)
  }

  mutating func finish(
    _ lease: LeaseID, of worker: WorkerID, with report: WorkReport, at now: Instant
  ) {
    guard let open = work.leases[lease] else { return becomeIdle(worker, after: lease, at: now) }
    guard open.worker == worker else {
      return refuseMember(worker, "it reported lease \(lease), which is not its own")
    }
    if let reason = impossibility(in: report) {
      refuseMember(worker, "\(describe(open.item)): \(reason)")
      return assignLeases(at: now)
    }
    work.leases[lease] = nil
    guard report.isFinite else {
      let reason = "\(describe(open.item)): its loss is not finite"
      hearNotFinite(open.item, lease, from: worker, reason, at: now)
      becomeIdle(worker, after: lease, at: now)
      return assignLeases(at: now)
    }
    if case .train(let microbatch) = open.item, !work.ledger.hasAll(of: microbatch) {
      log(.warning, "\(describe(open.item)) of step \(step) came with chunks missing; asking again")
    } else if !work.isDone(open.item) {
      work.reports[open.item] = report
      work.reporters[open.item] = worker
      notePace(of: worker, open, report, at: now)
      for other in work.openLeases(of: open.item) { cancel(other) }
      refuseThoseRefuted(by: open.item)
    }
    becomeIdle(worker, after: lease, at: now)
    completeStepIfDone(at: now)
  }

  private mutating func notePace(
    of worker: WorkerID, _ open: OpenLease, _ report: WorkReport, at now: Instant
  ) {
    // A report that was asked for alone says nothing of how long a gradient takes.
    if open.isReportAlone { return }
    deadlines.record(now - open.started, of: worker)
    guard case .train = open.item,
      let straggler = pace.record(report.phases, of: worker, at: now)
    else { return }
    func text(_ seconds: Double) -> String { HumanFormat.duration(.seconds(seconds)) }
    let detail =
      "\(HumanFormat.decimal(straggler.ratio, places: 1)) times the others' time, mostly "
      + "\(straggler.phase.rawValue): \(text(straggler.seconds)) a microbatch, theirs "
      + text(straggler.othersSeconds)
    log(.warning, "\(members[worker]?.name ?? "a worker") is slow: \(detail)")
    event("slow", worker, detail)
  }

  /// Why a report cannot be of this run; nil when it can.
  private func impossibility(in report: WorkReport) -> String? {
    let sums = report.sums
    let pairs = settings.plan.pairsPerMicrobatch
    if sums.pairs != pairs || sums.hidden > pairs * settings.pixelsPerPair {
      return "it counts \(sums.pairs) pairs and \(sums.hidden) hidden pixels"
    }
    return nil
  }

  mutating func takeBack(
    _ lease: LeaseID, of worker: WorkerID, reason: String, givesUpShard: Bool, at now: Instant
  ) {
    if let open = work.leases[lease], open.worker == worker {
      work.leases[lease] = nil
      let name = members[worker]!.name
      log(.warning, "\(name) returned \(describe(open.item)) of step \(step): \(reason)")
      if givesUpShard {
        let shard = work.shard(of: open.item)
        members[worker]!.shards.remove(shard)
        lastHolders[shard] = name
        event("shardUnreadable", worker, "shard \(shard): \(reason)")
      }
    }
    becomeIdle(worker, after: lease, at: now)
  }

  private mutating func becomeIdle(_ worker: WorkerID, after lease: LeaseID, at now: Instant) {
    guard members[worker]?.state == .working(lease) else { return }
    members[worker]!.state = .idle
    assignLeases(at: now)
  }

  mutating func cancel(_ open: OpenLease) {
    work.leases[open.id] = nil
    send(.cancel(lease: open.id), to: open.worker)
  }

  mutating func cancelAll() {
    for open in work.leases.values.sorted(by: { $0.id < $1.id }) { cancel(open) }
  }

  func describe(_ item: WorkItem) -> String {
    switch item {
    case .train(let microbatch): "microbatch \(microbatch)"
    case .evaluate(let microbatch): "evaluation \(microbatch)"
    }
  }
}
