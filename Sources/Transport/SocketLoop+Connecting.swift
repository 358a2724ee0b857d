// How a connecting endpoint finds its listener, and finds it again.

import Basics
import CZeroMQ

/// What a connecting endpoint knows of its way to the listener.
struct Approach {
  /// Nil for an address that needs no looking up: ZeroMQ tries that one by itself.
  let directory: AddressDirectory?
  var rotation: AddressRotation
  var lookUp: LookUp?
  var lookUpBegan: Instant?
  /// Where ZeroMQ was told to connect.
  var target: String?
  /// The attempt at hand has come to nothing. Asked where there are other addresses.
  var hasFailed = false
  /// When a connection without a handshake is not taken for a listener's any more.
  var handshakeEnds: Instant?
  /// What ZeroMQ said of the greeting over the connection at hand.
  var handshakeFailure: HandshakeFailure?
  /// When to connect anew unless ZeroMQ does.
  var reconnectAt: Instant?
  var report: TroubleReport

  /// ZeroMQ tells of its next attempt right after the end of a connection, if there will be one.
  private static let retryPatience = Duration.milliseconds(500)
  private static let lookUpPatience = Duration.seconds(2)
  private let troublePatience: Duration

  /// A listener's handshake takes milliseconds, where it does not hang.
  private var handshakePatience: Duration { troublePatience * 3 / 2 }

  init(to place: ListenerPlace, _ limits: EndpointLimits, now: Instant) {
    directory = place.directory
    rotation = AddressRotation(
      firstPause: limits.reconnectInterval, longestPause: limits.longestReconnectInterval, now: now)
    troublePatience = limits.troublePatience
    report = TroubleReport(since: now, patience: limits.troublePatience)
  }

  /// The next moment at which something is to be done while there is no connection.
  var deadline: Instant? {
    if let handshakeEnds { return handshakeEnds }
    // The answer of the name service wakes the loop.
    if lookUp != nil { return lookUpBegan.map { $0 + Self.lookUpPatience } }
    return [directory == nil ? nil : rotation.deadline, reconnectAt].compactMap { $0 }.min()
  }

  mutating func connected(at now: Instant) {
    reconnectAt = nil
    handshakeEnds = now + handshakePatience
  }

  mutating func isReady(at now: Instant) {
    rotation.connected()
    handshakeEnds = nil
    hasFailed = false
    report = TroubleReport(since: now, patience: troublePatience)
  }

  mutating func closed(wasReady: Bool, at now: Instant) {
    handshakeEnds = nil
    reconnectAt = now + Self.retryPatience
    if wasReady {
      report = TroubleReport(since: now, patience: troublePatience)
      rotation.repeated(at: now)
    } else {
      hasFailed = true
    }
  }

  /// A look-up that lasts is told once.
  mutating func isLookUpLate(at now: Instant) -> Bool {
    guard let began = lookUpBegan, now - began >= Self.lookUpPatience else { return false }
    lookUpBegan = nil
    return true
  }
}

extension SocketLoop {
  /// While there is no connection, and nothing of the last one waits to be read: to connect
  /// elsewhere drops that.
  mutating func approachListener() {
    guard var approach, !isConnected, !isDisconnecting else { return }
    defer { self.approach = approach }
    let now = Instant.monotonicNow()
    if let ends = approach.handshakeEnds, let target = approach.target {
      guard now >= ends else { return }
      approach.handshakeEnds = nil
      approach.hasFailed = true
      tell(.noHandshake(address: target), &approach, at: now)
    }
    guard let directory = approach.directory else { return reconnectIfDue(&approach, at: now) }
    if approach.isLookUpLate(at: now) { tell(directory.troubleOfSilence, &approach, at: now) }
    switch nextOrder(&approach, directory, at: now) {
    case nil: break
    case .lookUp:
      approach.lookUp = LookUp(directory, wakeUp: wakeUp)
      approach.lookUpBegan = now
    case .connect(let address):
      if let target = approach.target { zmq_disconnect(socket.handle, target) }
      approach.target = address
      approach.reconnectAt = nil
      hasLostConnection = false
      approach.hasFailed = zmq_connect(socket.handle, address) != 0
    }
  }

  private func nextOrder(
    _ approach: inout Approach, _ directory: AddressDirectory, at now: Instant
  ) -> AddressRotation.Order? {
    if let answer = approach.lookUp?.take() {
      approach.lookUp = nil
      approach.lookUpBegan = nil
      switch answer {
      case .addresses(let found): return approach.rotation.lookedUp(found, at: now)
      case .unknown(let reason):
        tell(directory.trouble(because: reason), &approach, at: now)
        return approach.rotation.lookedUp([], at: now)
      }
    }
    if approach.lookUp != nil { return nil }
    if let at = approach.reconnectAt, now >= at {
      approach.reconnectAt = nil
      approach.hasFailed = true
    }
    if approach.hasFailed {
      approach.hasFailed = false
      return approach.rotation.failed(at: now)
    }
    if approach.rotation.isAttemptOver(at: now), let target = approach.target {
      tell(.silent(address: target), &approach, at: now)
    }
    return approach.rotation.due(at: now)
  }

  /// ZeroMQ never again tries a connection over which it met what is not its protocol.
  private mutating func reconnectIfDue(_ approach: inout Approach, at now: Instant) {
    guard let at = approach.reconnectAt, now >= at, let target = approach.target else { return }
    approach.reconnectAt = nil
    hasLostConnection = false
    zmq_disconnect(socket.handle, target)
    zmq_connect(socket.handle, target)
  }

  /// ZeroMQ tries again: after an attempt that failed, or at the end of a connection.
  mutating func isRetrying() {
    guard var approach else { return }
    defer { self.approach = approach }
    approach.reconnectAt = nil
    if hasLostConnection {
      hasLostConnection = false
      return
    }
    approach.hasFailed = true
    if let target = approach.target {
      tell(.nobodyListens(address: target), &approach, at: .monotonicNow())
    }
  }

  /// This endpoint's own connection has ended.
  mutating func ownConnectionClosed() {
    let now = Instant.monotonicNow()
    ownDescriptor = nil
    if !isConnected, var approach, let target = approach.target {
      tell(trouble(of: approach.handshakeFailure, at: target), &approach, at: now)
      self.approach = approach
    }
    approach?.handshakeFailure = nil
    approach?.closed(wasReady: isConnected, at: now)
    hasLostConnection = true
    isDisconnecting = isDisconnecting || isConnected
    isConnected = false
  }

  private func trouble(
    of failure: HandshakeFailure?, at address: String
  ) -> ConnectionTrouble {
    switch failure {
    case .otherMechanism:
      security.isEncrypted ? .noKeyThere(address: address) : .keyWanted(address: address)
    case .notAdmitted: .keyUnknown(address: address)
    case .unreadable, .brokenOff, nil:
      security.isEncrypted ? .otherListener(address: address) : .noHandshake(address: address)
    }
  }

  private func tell(_ trouble: ConnectionTrouble, _ approach: inout Approach, at now: Instant) {
    if approach.report.shouldTell(trouble, at: now) { inbox.put(.trouble(trouble)) }
  }
}
