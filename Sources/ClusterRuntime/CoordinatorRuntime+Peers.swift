// Whom the coordinator listens to, and for how long.

import Basics
import Coordination
import Keys
import Logging
import Transport
import Wire

extension CoordinatorRuntime {
  /// Whether a message is for the core: greetings come at a bounded rate, and who has not greeted
  /// may not say much.
  func admits(_ message: WorkerMessage, from peer: Peer, at now: Instant) -> Bool {
    guard case .hello = message else {
      return peers.isWelcome(peer) || charge(.unbidden, to: peer, at: now)
    }
    // Its own budget first: who floods is cut off, and leaves that of its source to others.
    guard charge(.greeting, to: peer, at: now) else { return false }
    if peers.isWelcome(peer) || greetings.charge(peer.origin, at: now) { return true }
    logRateLimited("a greeting from \(peer.origin) was passed over: too many come at once", at: now)
    charge(.passedOver, to: peer, at: now)
    return false
  }

  /// Charges a peer for what it did, and cuts it off when its budget is spent.
  /// - Returns: whether it could pay.
  @discardableResult
  func charge(_ act: PeerCharge, to peer: Peer, at now: Instant) -> Bool {
    if peers.charge(act, to: peer, at: now) { return true }
    guard peers.knows(peer) else { return false }
    let number = peers.worker(of: peer).map { "worker \($0)" } ?? "a worker that was refused"
    logRateLimited(
      "\(number) was cut off: it sends too much that cannot be read or is unbidden", at: now)
    limitedLog.noteCutOff()
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

  /// Says whom the coordinator admits, and goes on looking.
  static func watch(
    _ keys: CoordinatorKeys?, at address: String, _ logger: Logger
  ) throws(ThreadError) -> AdmissionWatch? {
    guard let keys else {
      if !Endpoint.isPrivate(address) {
        logger.warning("without keys: whoever reaches \(address) can join and read what is said")
      }
      return nil
    }
    let count = HumanFormat.counted(keys.admitted.names.count, "key")
    let isAlone = keys.admitted.names.isEmpty
    logger.log(
      level: isAlone ? .warning : .info,
      "connections are encrypted; \(isAlone ? "no key" : count) in \(keys.folder.path) may join")
    for fault in keys.admitted.faults { logger.warning("\(fault)") }
    return try AdmissionWatch(keys) { level, text in
      logger.log(level: level.severity, "\(text)")
    }
  }

  func logRateLimited(_ text: String, at now: Instant) {
    if let line = limitedLog.line(text, at: now) { logger.warning("\(line)") }
  }
}

extension Stamped<WorkerMessage> {
  /// A greeting in the name of whose key it comes with: nobody greets in another's. What a worker
  /// calls itself follows, to tell those apart that share a key.
  func named(by member: KeyHolder?) -> Self {
    guard let member, case .hello(var hello) = message, hello.workerName != member.name else {
      return self
    }
    hello.workerName = "\(member.name)/\(hello.workerName)"
    while hello.workerName.utf8.count > WireLimits.nameBytes { hello.workerName.removeLast() }
    return Stamped(stamp: stamp, message: .hello(hello))
  }
}
