// One side's view of a session: the messages between a worker's greeting and the next one. A
// network may lose, double and reorder them; a session lets pass what is in order and says when
// something is missing. Whoever finds a gap gives the session up, and the worker greets anew: every
// later exchange rests on what both then say.

import Wire

struct Session: Sendable {
  /// The worker process' greeting that began it.
  let number: UInt32
  private var nextSent: UInt64 = 0
  private var nextExpected: UInt64 = 0

  init(number: UInt32) { self.number = number }

  enum Verdict: Equatable { case inOrder, repeated, gap }

  /// The stamp of the next message to send.
  mutating func stamp() -> SessionStamp {
    defer { nextSent += 1 }
    return SessionStamp(session: number, sequence: nextSent)
  }

  /// What to make of a message of this session.
  mutating func receive(_ sequence: UInt64) -> Verdict {
    if sequence < nextExpected { return .repeated }
    if sequence > nextExpected { return .gap }
    nextExpected += 1
    return .inOrder
  }
}
