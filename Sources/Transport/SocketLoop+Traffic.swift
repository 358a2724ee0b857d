// The socket's traffic: what its thread does with messages, with ZeroMQ's events and with its
// owner's orders.

import Basics
import CZeroMQ

#if canImport(Glibc)
  import Glibc
#endif

extension SocketLoop {
  /// What is accepted before there is a connection waits for it here: ZeroMQ would lose it with the
  /// address.
  var maySend: Bool { role == .listening || isConnected }

  mutating func sendWaiting() {
    guard maySend else { return }
    while let message = blocked ?? outbox.next() {
      blocked = nil
      switch socket.send(message) {
      case .sent: continue
      case .blocked:
        blocked = message
        return
      case .unreachable:
        message.abandon()
        if let peer = message.peer, connections.lost(peer) { leave(peer) }
      }
    }
  }

  /// Answers who may come in, and cuts off whose key is not admitted any more. Of connections that
  /// have not said anything nobody knows the key: they may come again.
  mutating func admit() {
    guard var desk else { return }
    desk.answer()
    if desk.hasRemovals() {
      let cut = connections.cutAll { $0?.member.map { !$0.isAdmitted(by: desk.admission) } ?? true }
      for descriptor in cut { hangUp(descriptor) }
    }
    if let turnedAway = desk.report(at: .monotonicNow()) { inbox.put(.turnedAway(turnedAway)) }
    self.desk = desk
  }

  mutating func takeEvents() {
    while let event = monitor.next() {
      switch event {
      case .accepted(let descriptor):
        connections.accepted(descriptor)
        startWatching(descriptor)
      case .connected(let descriptor):
        ownDescriptor = descriptor
        approach?.connected(at: .monotonicNow())
        startWatching(descriptor)
      case .retrying:
        isRetrying()
      case .handshakeFailed(let failure):
        switch role {
        case .connecting: approach?.handshakeFailure = failure
        case .listening: noteTurnedAway(failure)
        }
      case .closed(let descriptor):
        watch.closed(descriptor)
        if role == .listening {
          connections.closed(descriptor)
        } else {
          ownConnectionClosed()
        }
      case .ready:
        if role == .connecting {
          reportDisconnection()
          isConnected = true
          hasLostConnection = false
          approach?.isReady(at: .monotonicNow())
          inbox.put(.connected)
        }
      }
    }
  }

  /// A key that is not known was noted when it was asked for.
  private mutating func noteTurnedAway(_ failure: HandshakeFailure) {
    switch failure {
    case .notAdmitted: break
    case .otherMechanism, .unreadable: desk?.note(.withoutKey)
    case .brokenOff: desk?.note(.silent)
    }
  }

  private mutating func startWatching(_ descriptor: Int32) {
    if ByteCount.readFrom(descriptor) != nil { watch.opened(descriptor, at: .monotonicNow()) }
  }

  /// After the owner's orders: who was vouched for in time does not give way.
  mutating func cutSurplus() {
    while let surplus = connections.cutSurplus(over: connectionLimit) { hangUp(surplus) }
  }

  mutating func cutExcessive(_ read: [Int32: Int], isDrained: Bool) {
    let excessive = watch.excessive(
      read: read, isDrained: isDrained, at: .monotonicNow(),
      isStranger: { role == .listening && connections.isStranger($0) })
    for descriptor in excessive {
      if role == .connecting || connections.cut(descriptor) != nil { hangUp(descriptor) }
    }
  }

  /// Ends a connection from below ZeroMQ, which has no verb for that: it finds the other side gone
  /// and tidies up.
  ///
  /// ZeroMQ closes a descriptor after it has told of that, and the events have just been taken.
  /// Should it do so in this very moment and the system give the number to a new connection, that
  /// one is lost instead and made again by its peer; what is not a socket is not touched.
  private func hangUp(_ descriptor: Int32) {
    // Over TCP this drops what the system has received and nobody read, which may be many
    // megabytes. Sockets in the file system know no such thing.
    var nowhere = sockaddr()
    nowhere.sa_family = sa_family_t(AF_UNSPEC)
    if connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size)) != 0 {
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
  }

  mutating func executeOrders() {
    while let order = outbox.nextOrder() {
      takeEvents()
      switch order {
      case .keep(let peer):
        connections.keep(peer)
      case .disconnect(nil):
        if let ownDescriptor { hangUp(ownDescriptor) }
      case .disconnect(let peer?):
        if let descriptor = connections.cut(peer) { hangUp(descriptor) }
      }
    }
  }

  /// Messages that are read before the socket's other duties get their turn: a flood must not keep
  /// it from sending.
  private static let messagesPerTurn = 256

  /// Reads until there is nothing more, the inbox is full, or it is others' turn.
  /// - Returns: whether there is nothing more.
  mutating func receiveWaiting() -> Bool {
    for _ in 0..<Self.messagesPerTurn {
      guard let first = socket.receive() else {
        // Events that came since may speak of connections whose messages came since: those wait a
        // round.
        for peer in connections.gone(isSocketEmpty: true) { leave(peer) }
        reportDisconnection()
        return true
      }
      var frames: [ZeroMQSocket.Frame] = [first]
      var wireBytes =
        first.source < 0 ? 0 : watch.bounds.wireBytes(ofFrame: first.bytes.count)
      var count = 1
      while frames[frames.count - 1].hasMore, let frame = socket.receive() {
        count += 1
        wireBytes += watch.bounds.wireBytes(ofFrame: frame.bytes.count)
        // Keeps one frame beyond the limit at most, to know whether more come.
        if count > limits.framesPerMessage + 2 { frames.removeLast() }
        frames.append(frame)
      }
      takeEvents()
      let last = frames[frames.count - 1]
      watch.took(wireBytes: wireBytes, over: last.source)
      deliver(frames.map(\.bytes), count: count, from: last)
      for peer in connections.gone(isSocketEmpty: false) { leave(peer) }
      if !inbox.hasRoom() { return false }
    }
    return false
  }

  private mutating func deliver(
    _ frames: [[UInt8]], count: Int, from last: ZeroMQSocket.Frame
  ) {
    switch role {
    case .listening:
      // Of a key that has just been removed nothing counts any more.
      if desk != nil && member(last.sourceKey) == nil {
        if let descriptor = connections.cut(last.source) { hangUp(descriptor) }
        return
      }
      let isLocal = boundAddress.hasPrefix("ipc://")
      let peer = Peer(
        identity: frames[0], origin: isLocal ? .local : PeerOrigin(host: last.sourceHost ?? ""),
        member: member(last.sourceKey))
      if connections.heard(from: peer, over: last.source) { outbox.add(peer) }
      guard count - 1 <= limits.framesPerMessage else {
        return refuse(.tooManyFrames(found: count - 1, limit: limits.framesPerMessage), of: peer)
      }
      inbox.put(.message(peer: peer, frames: Array(frames.dropFirst())))
    case .connecting:
      guard count == 1 else { return refuse(.tooManyFrames(found: count, limit: 1), of: nil) }
      switch assembly.take(frames[0]) {
      case .incomplete: break
      case .message(let frames): inbox.put(.message(peer: nil, frames: frames))
      case .refused(let error): refuse(error, of: nil)
      }
    }
  }

  private func member(_ key: PublicKey?) -> KeyHolder? {
    guard let key, let name = desk?.admission.name(of: key) else { return nil }
    return KeyHolder(key: key, name: name)
  }

  private func refuse(_ error: TransportError, of peer: Peer?) {
    inbox.put(.refused(peer: peer, error))
  }

  private func leave(_ peer: Peer) {
    outbox.remove(peer)
    inbox.put(.disconnected(peer: peer))
  }

  private mutating func reportDisconnection() {
    if !isDisconnecting { return }
    isDisconnecting = false
    assembly.forget()
    inbox.put(.disconnected(peer: nil))
  }
}
