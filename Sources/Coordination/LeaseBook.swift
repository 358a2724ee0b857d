// The leases that are out, until when each may take, and how fast workers are. Not here: what of a
// gradient has come and may be sent (GradientReducer), and who is given what.

import Basics
import Wire

/// A lease that is out.
struct OpenLease: Sendable {
  let id: LeaseID
  let item: WorkItem
  let worker: WorkerID
  let started: Instant
  let deadline: Instant
  /// Whether all of the gradient was there when the lease was given.
  let isReportAlone: Bool
}

struct LeaseBook: Sendable {
  private var leases: [LeaseID: OpenLease] = [:]
  /// The same, oldest first.
  private var leasesOfItem: [WorkItem: [OpenLease]] = [:]
  private var next: UInt32
  private var deadlines: LeaseDeadlines
  private var pace = WorkerPace()

  /// Workers that may be at the same item at once.
  static let leasesPerItem = 2

  /// - Parameters:
  ///   - first: the number of the first lease.
  ///   - shortest: no lease has less time, whatever recent durations say.
  ///   - longest: nor more.
  init(first: UInt32, shortest: Duration, longest: Duration) {
    next = first
    deadlines = LeaseDeadlines(shortest: shortest, longest: longest)
  }

  subscript(lease: LeaseID) -> OpenLease? { leases[lease] }

  /// The open leases, in the order of their numbers.
  var all: [OpenLease] { leases.values.sorted { $0.id < $1.id } }

  /// Those of one item, oldest first.
  func of(_ item: WorkItem) -> [OpenLease] { leasesOfItem[item] ?? [] }

  /// Those of one worker, in the order of their numbers.
  func of(_ worker: WorkerID) -> [OpenLease] { all.filter { $0.worker == worker } }

  /// Whether nobody is at an item, or whoever is has taken too long and another may be asked too.
  func wantsAnother(_ item: WorkItem, at now: Instant) -> Bool {
    guard let open = leasesOfItem[item] else { return true }
    return open.count < Self.leasesPerItem && open.allSatisfy { $0.deadline <= now }
  }

  mutating func open(
    _ item: WorkItem, to worker: WorkerID, isReportAlone: Bool, at now: Instant
  ) -> OpenLease {
    let lease = OpenLease(
      id: LeaseID(next), item: item, worker: worker, started: now,
      deadline: now + deadlines.timeout(for: worker), isReportAlone: isReportAlone)
    next &+= 1
    leases[lease.id] = lease
    leasesOfItem[item, default: []].append(lease)
    return lease
  }

  mutating func close(_ id: LeaseID) {
    guard let lease = leases.removeValue(forKey: id) else { return }
    let others = of(lease.item).filter { $0.id != id }
    leasesOfItem[lease.item] = others.isEmpty ? nil : others
  }

  /// Notes a lease that came to its end.
  /// - Returns: its worker, when that stands out as slow and was not named lately.
  mutating func notePace(
    of lease: OpenLease, _ phases: WorkReport.PhaseSeconds, at now: Instant
  ) -> WorkerPace.Straggler? {
    // A report that was asked for alone says nothing of how long a gradient takes.
    if lease.isReportAlone { return nil }
    deadlines.record(now - lease.started, of: lease.worker)
    guard case .train = lease.item else { return nil }
    return pace.record(phases, of: lease.worker, at: now)
  }

  /// What a microbatch usually takes a worker; nil until it has finished one.
  func usualSeconds(of worker: WorkerID) -> WorkReport.PhaseSeconds? {
    pace.usualSeconds(of: worker)
  }

  /// The worker as a straggler, if it is one now.
  func straggler(_ worker: WorkerID) -> WorkerPace.Straggler? { pace.straggler(worker) }

  /// A worker is gone.
  mutating func forget(_ worker: WorkerID) {
    deadlines.forget(worker)
    pace.forget(worker)
  }
}
