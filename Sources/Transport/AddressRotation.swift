// Which of a name's addresses a connecting endpoint tries next, and when it asks for them anew. A
// pure state machine: what the name service says and what became of attempts is handed in.

import Basics

/// All addresses of a name in turn, of both kinds of the internet protocol; then the name is looked
/// up again, since it may have moved.
package struct AddressRotation {
  package enum Order: Equatable {
    case lookUp
    /// To this address, in ZeroMQ's spelling; whatever was tried before is given up.
    case connect(String)
  }

  private let pauses: (first: Duration, longest: Duration)
  private var pause: Duration
  private var addresses: [String] = []
  private var next = 0
  private var lookUpAt: Instant?
  /// When an attempt that has come to nothing is given up.
  private var attemptEnds: Instant?

  /// An address that does not answer at all must not keep the others waiting.
  package static let attemptPatience = Duration.seconds(3)

  package init(firstPause: Duration, longestPause: Duration, now: Instant) {
    pauses = (firstPause, longestPause)
    pause = firstPause
    lookUpAt = now
  }

  /// When to call `due`, if nothing happens before.
  package var deadline: Instant? { lookUpAt ?? attemptEnds }

  package func isAttemptOver(at now: Instant) -> Bool { attemptEnds.map { now >= $0 } ?? false }

  package mutating func due(at now: Instant) -> Order? {
    if let at = lookUpAt, now >= at {
      lookUpAt = nil
      return .lookUp
    }
    if let at = attemptEnds, now >= at { return failed(at: now) }
    return nil
  }

  /// - Parameter found: nothing when the name does not resolve.
  package mutating func lookedUp(_ found: [String], at now: Instant) -> Order? {
    addresses = found
    next = 0
    return advance(at: now)
  }

  /// Nobody can be reached at the address at hand.
  package mutating func failed(at now: Instant) -> Order? { advance(at: now) }

  /// The connection has ended, and the same address is tried once more.
  package mutating func repeated(at now: Instant) { attemptEnds = now + Self.attemptPatience }

  package mutating func connected() {
    attemptEnds = nil
    pause = pauses.first
  }

  private mutating func advance(at now: Instant) -> Order? {
    attemptEnds = nil
    guard next < addresses.count else {
      if lookUpAt == nil {
        lookUpAt = now + pause
        pause = min(pause * 2, pauses.longest)
      }
      return nil
    }
    defer { next += 1 }
    attemptEnds = now + Self.attemptPatience
    return .connect(addresses[next])
  }
}
