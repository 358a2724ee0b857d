// How long a step has waited for shards that no member holds, and when to say so.

import Basics

struct ShortageWatch: Sendable {
  enum Verdict: Equatable, Sendable {
    /// It is worth a word: so much time is left.
    case remind(left: Duration)
    /// It was said a short while ago.
    case quiet
    /// They have stayed away too long.
    case lost
  }

  private struct Wait: Sendable {
    let since: Instant
    var lastSaid: Instant
  }

  /// Between two words about the same shortage.
  static let reminder: Duration = .seconds(30)

  private var wait: Wait?

  /// Nothing is missing, or nobody is here who could have it.
  mutating func end() { wait = nil }

  /// Something is missing.
  /// - Parameter limit: how long it is waited for.
  mutating func note(at now: Instant, limit: Duration) -> Verdict {
    let since = wait?.since ?? now
    if now - since >= limit {
      wait = nil
      return .lost
    }
    if let wait, now - wait.lastSaid < Self.reminder { return .quiet }
    wait = Wait(since: since, lastSaid: now)
    return .remind(left: limit - (now - since))
  }
}
