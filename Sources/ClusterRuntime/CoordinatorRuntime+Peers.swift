// Whom the coordinator listens to, and for how long.

import Basics
import Coordination
import Transport
import Wire

extension CoordinatorRuntime {
  /// Whether a message is for the core: greetings come at a bounded rate, and who has not greeted may not say much.
  func hears(_ message: WorkerMessage, from peer: Peer, at now: Instant) -> Bool {
    guard case .hello = message else {
      return peers.isWelcome(peer) || bears(.unbidden, from: peer, at: now)
    }
    // Its own allowance first: who floods is cut off, and leaves that of its source to others.
    guard bears(.greeting, from: peer, at: now) else { return false }
    if peers.isWelcome(peer) || greetings.bear(from: peer.origin, at: now) { return true }
    murmur("a greeting from \(peer.origin) was passed over: too many come at once", at: now)
    bears(.passedOver, from: peer, at: now)
    return false
  }

  /// Cuts a peer off that has given too much trouble.
  /// - Returns: whether it has not.
  @discardableResult
  func bears(_ trouble: Trouble, from peer: Peer, at now: Instant) -> Bool {
    if peers.bears(trouble, from: peer, at: now) { return true }
    guard peers.knows(peer) else { return false }
    let number = peers.worker(of: peer).map { "worker \($0)" } ?? "a worker that was refused"
    murmur("\(number) was cut off: it sends too much that cannot be read or is unbidden", at: now)
    noise.noteCutOff()
    endpoint.disconnect(peer)
    remove(peer)
    return false
  }

  /// Nothing more comes of the peer.
  func remove(_ peer: Peer) {
    let worker = peers.worker(of: peer)
    peers.remove(peer)
    if let worker { process(.disconnected(worker)) }
  }

  func murmur(_ text: String, at now: Instant) {
    if let line = noise.line(text, at: now) { logger.warning("\(line)") }
  }
}
