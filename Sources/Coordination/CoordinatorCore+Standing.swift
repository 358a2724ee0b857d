// Where the run and each of its workers stand, for people who look. Nothing is decided by it.

import Basics
import Wire

/// A member at one moment.
package struct WorkerStanding: Equatable, Sendable {
  package enum Activity: String, Sendable {
    case catchingUp = "fetching parameters"
    case idle = "waiting"
    case working = "computing"
  }

  package let name: String
  package let threads: Int
  /// Shards of the dataset that it has.
  package let shards: Int
  package let activity: Activity
  /// "microbatch 3"; nil without a lease.
  package let item: String?
  /// How long it has had that lease.
  package let leaseAge: Duration?
  /// Since it was last heard of.
  package let silence: Duration
  /// What a microbatch usually takes it; nil until it has finished one.
  package let usual: WorkReport.PhaseSeconds?
  /// The most memory that its process has had, by its own report; nil until it has finished one.
  package let peakMemoryBytes: Int?
  /// Why it holds the others up, in words.
  package let slow: String?
}

extension CoordinatorCore {
  /// The members, in the order of their coming.
  package func standings(at now: Instant) -> [WorkerStanding] {
    roster.workers.compactMap { worker in
      roster[worker].map { standing(of: worker, $0, at: now) }
    }
  }

  private func standing(of worker: WorkerID, _ member: Member, at now: Instant) -> WorkerStanding {
    let (activity, lease): (WorkerStanding.Activity, OpenLease?) =
      switch member.state {
      case .catchingUp: (.catchingUp, nil)
      case .idle: (.idle, nil)
      case .working(let id): (.working, leases[id])
      }
    return WorkerStanding(
      name: member.name, threads: member.threads, shards: member.shards.count, activity: activity,
      item: lease.map { describe($0.item) }, leaseAge: lease.map { now - $0.started },
      silence: now - member.lastHeard, usual: leases.usualSeconds(of: worker),
      peakMemoryBytes: member.peakMemoryBytes, slow: slowness(of: worker, lease, at: now))
  }

  private func slowness(of worker: WorkerID, _ lease: OpenLease?, at now: Instant) -> String? {
    if let lease, lease.deadline <= now {
      return "late with \(describe(lease.item)): it has had it for "
        + "\(HumanFormat.duration(now - lease.started)), far longer than is usual"
    }
    return leases.straggler(worker).map { "\($0.detail); \($0.phase.cause)" }
  }

  /// What is going on, as a sentence without its end.
  package var activity: String {
    switch state {
    case .collecting: collecting
    case .measuring, .digesting, .updating: "updating the parameters"
    case .committing(let commit, let trouble):
      trouble == nil
        ? "writing step \(commit.position.step) to the journal"
        : "the disk refuses step \(commit.position.step); trying again"
    case .closing: "writing the last checkpoint"
    case .ended: "ended"
    }
  }

  private var collecting: String {
    if roster.count == 0 { return "waiting for workers" }
    let absent = work.shardsNeeded.filter { !roster.isHeld($0) }
    if !absent.isEmpty {
      let numbers = HumanFormat.numbered("shard", absent.map { Int($0.rawValue) })
      return "waiting for a worker that has \(numbers)"
    }
    let trains = work.remaining.contains { $0.hasGradient } || step < settings.steps
    return trains ? "computing" : "evaluating step \(step)"
  }
}

extension WorkPhase {
  /// What a worker that loses its time there usually suffers from.
  fileprivate var cause: String {
    switch self {
    case .data: "its disk is slow, or its memory too small to hold its shards"
    case .compute: "its processor is slower or shared, or it has fewer threads"
    case .encode: "its processor is shared with something else"
    case .network: "its link to the coordinator is slow or shared"
    }
  }
}

extension WorkerPace.Straggler {
  /// Where it loses its time, and on what that usually depends.
  var detail: String {
    func text(_ seconds: Double) -> String { HumanFormat.duration(.seconds(seconds)) }
    return "\(HumanFormat.decimal(ratio, places: 1)) times the others' time, mostly "
      + "\(phase.rawValue): \(text(seconds)) a microbatch, theirs \(text(othersSeconds))"
  }
}
