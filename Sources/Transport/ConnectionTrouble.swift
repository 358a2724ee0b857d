// Why a connecting endpoint is not connected yet, for people.

import Basics

/// What an endpoint has found out while it goes on trying.
package enum ConnectionTrouble: Hashable, Sendable, CustomStringConvertible {
  /// The name service knows no address.
  case unresolved(name: String, reason: String)
  /// The name service has not answered yet.
  case lookUpLasts(name: String)
  /// The attempt was refused, or there is no way to the address.
  case nobodyListens(address: String)
  /// The attempt has had no answer of any kind.
  case silent(address: String)
  /// A connection was made, but not the handshake that follows.
  case noHandshake(address: String)

  package var description: String {
    switch self {
    case .unresolved(let name, let reason): "\(name) does not resolve (\(reason))"
    case .lookUpLasts(let name): "\(name) does not resolve yet: the name service is silent"
    case .nobodyListens(let address): "nobody listens at \(address), or no way leads there"
    case .silent(let address): "\(address) does not answer at all"
    case .noHandshake(let address):
      "something listens at \(address) that is not a coordinator, or one that hangs: it does not "
        + "speak the protocol"
    }
  }
}

/// Which troubles are worth a word: each once until there is a connection, and none of a moment.
struct TroubleReport {
  private var since: Instant
  private var told: Set<ConnectionTrouble> = []

  /// A listener that is just starting is not a trouble.
  static let patience = Duration.seconds(2)
  private static let limit = 64

  init(since: Instant) { self.since = since }

  mutating func shouldTell(_ trouble: ConnectionTrouble, at now: Instant) -> Bool {
    if case .unresolved = trouble {} else if now - since < Self.patience { return false }
    return told.count < Self.limit && told.insert(trouble).inserted
  }
}
