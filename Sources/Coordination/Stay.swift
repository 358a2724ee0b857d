// How long a worker may stay, and whether that suffices for one more lease. Time is handed in.

import Basics
import Wire

/// A time that somebody set, such as a scheduler's limit, and what leases have taken so far.
struct Stay: Sendable {
  /// Of each kind the newest so many leases count.
  private static let memory = 16

  private let end: Instant
  private var recent: [LeaseKind: [Duration]] = [:]
  private var underWay: (lease: Lease, since: Instant)?

  init(until end: Instant) { self.end = end }

  func isOver(at now: Instant) -> Bool { now >= end }

  /// Whether a lease would be done in time, if it takes as long as the longest of the newest ones
  /// of its kind; the first one is tried.
  func suffices(for lease: Lease, at now: Instant) -> Bool {
    now + (recent[lease.kind]?.max() ?? .zero) < end
  }

  mutating func began(_ lease: Lease, at now: Instant) { underWay = (lease, now) }

  /// The lease that began last was carried out and reported.
  mutating func finished(at now: Instant) {
    guard let (lease, since) = underWay else { return }
    underWay = nil
    recent[lease.kind] = (recent[lease.kind] ?? []).suffix(Self.memory - 1) + [now - since]
  }
}
