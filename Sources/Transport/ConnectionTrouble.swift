// Why a connecting endpoint is not connected yet, for people.

import Basics

/// What an endpoint has found out while it goes on trying.
package enum ConnectionTrouble: Hashable, Sendable, CustomStringConvertible {
  /// The name service knows no address.
  case unresolved(name: String, reason: String)
  /// The name service has not answered yet.
  case lookUpLasts(name: String)
  /// The file that is to name the address does not, or not yet.
  case noAddress(file: String, reason: String)
  /// The attempt was refused, or there is no way to the address.
  case nobodyListens(address: String)
  /// The attempt has had no answer of any kind.
  case silent(address: String)
  /// A connection was made, but not the handshake that follows.
  case noHandshake(address: String)
  /// The listener takes peers with keys only, and this one has none.
  case keyWanted(address: String)
  /// The listener has no keys, and this one takes no such listener.
  case noKeyThere(address: String)
  /// The listener has keys, and does not know this one's.
  case keyUnknown(address: String)
  /// The listener broke off where it could not read a greeting that only the right one can.
  case otherListener(address: String)

  package var description: String {
    switch self {
    case .unresolved(let name, let reason): "\(name) does not resolve (\(reason))"
    case .lookUpLasts(let name): "\(name) does not resolve yet: the name service is silent"
    case .noAddress(let file, let reason): "no address in \(file.visible): \(reason)"
    case .nobodyListens(let address): "nobody listens at \(address), or no way leads there"
    case .silent(let address): "\(address) does not answer at all"
    case .noHandshake(let address):
      "something listens at \(address) that is not a coordinator, or one that hangs: it does not "
        + "speak the protocol; a coordinator with keys may do that to who has none (--key)"
    case .keyWanted(let address):
      "the coordinator at \(address) lets in only who has a key; say --key FILE, with a file that "
        + "terrane keys made beside that coordinator's"
    case .noKeyThere(let address):
      "the coordinator at \(address) has no keys, so that it cannot prove to be the right one; start "
        + "it with --keys, or this worker with --insecure and without --key"
    case .keyUnknown(let address):
      "the coordinator at \(address) does not admit this worker's key: it was removed there, or is "
        + "of another folder of keys"
    case .otherListener(let address):
      "what listens at \(address) breaks the greeting off: it is not the coordinator that this "
        + "worker's key is for, its keys were made anew, or it has none"
    }
  }
}

/// Which troubles are worth a word: each once until there is a connection, and none of a moment.
struct TroubleReport {
  private let since: Instant
  private let patience: Duration
  private var told: Set<ConnectionTrouble> = []

  private static let limit = 64

  init(since: Instant, patience: Duration) {
    self.since = since
    self.patience = patience
  }

  mutating func shouldTell(_ trouble: ConnectionTrouble, at now: Instant) -> Bool {
    if case .unresolved = trouble {} else if now - since < patience { return false }
    return told.count < Self.limit && told.insert(trouble).inserted
  }
}
