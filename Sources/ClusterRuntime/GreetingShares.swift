// How many strangers may greet, and from where: a greeting is answered, and told in log and
// metrics.

import Basics
import Transport

/// A share for each source of connections, so that a flood of greetings costs its source alone, and
/// a bound on all sources together. A worker whose greeting is passed over greets again.
package struct GreetingShares {
  /// Sources that are told apart.
  package static let originLimit = 1024
  /// The workers of one node, which are all strangers after a restart of the coordinator, and each
  /// once more.
  package static let greetingsOfOneNode = 2 * 64

  private var shares: [PeerOrigin: PeerBudget] = [:]
  private var common: PeerBudget

  package init(at now: Instant) {
    common = .ofGreetings(2048, perSecond: 64, at: now)
  }

  package var originCount: Int { shares.count }

  /// - Returns: whether a greeting from there is answered.
  package mutating func charge(_ origin: PeerOrigin, at now: Instant) -> Bool {
    if origin == .local { return true }
    if shares[origin] == nil {
      makeRoom(at: now)
      shares[origin] = .ofGreetings(Self.greetingsOfOneNode, perSecond: 2, at: now)
    }
    return shares[origin]!.charge(.greeting, at: now) && common.charge(.greeting, at: now)
  }

  /// Forgets the source that has most of its share left; one that has all of it is as new.
  private mutating func makeRoom(at now: Instant) {
    guard shares.count >= Self.originLimit else { return }
    let idlest = shares.max { $0.value.points(at: now) < $1.value.points(at: now) }
    if let idlest { shares[idlest.key] = nil }
  }
}
