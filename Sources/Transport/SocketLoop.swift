// The thread that owns a ZeroMQ socket, from creation to close. No other code touches the socket.

import Basics
import CZeroMQ

#if canImport(Glibc)
  import Glibc
#endif

/// Whether an endpoint waits for peers or goes to one.
enum EndpointRole {
  case listening
  case connecting

  /// What errors say could not be done with an address.
  var operation: String {
    switch self {
    case .listening: "listen on"
    case .connecting: "connect to"
    }
  }
}

/// The socket and all that only its thread knows. Made, run and finished on that thread.
struct SocketLoop {
  let role: EndpointRole
  let limits: EndpointLimits
  let security: EndpointSecurity
  let inbox: Inbox
  let outbox: Outbox
  let wakeUp: EventFD
  let context: UnsafeMutableRawPointer
  let socket: ZeroMQSocket
  let monitor: SocketMonitor
  /// Nil but on a listening endpoint with keys.
  var desk: AdmissionDesk?
  /// The address with the port that a wildcard became.
  let boundAddress: String
  var connections = ConnectionTable()
  var watch: ReceiveWatch
  /// What comes to a connecting endpoint.
  var assembly: FrameAssembly
  /// Of descriptors, since a process has a limit of them and needs some for its files.
  let connectionLimit: Int
  /// A message that could not go yet; those behind it wait.
  var blocked: OutgoingMessage?
  /// The connection of a connecting endpoint.
  var ownDescriptor: Int32?
  var isConnected = false
  var isDisconnecting = false
  /// Since ZeroMQ last told of an attempt.
  var hasLostConnection = false
  /// Nil on a listening endpoint.
  var approach: Approach?

  /// Between two looks at what ZeroMQ holds: a hostile peer can send for so long beyond its bound.
  private static let watchInterval = Duration.milliseconds(50)
  private var nextWatch = Instant.monotonicNow()

  init(
    role: EndpointRole, place: ListenerPlace, limits: EndpointLimits, security: EndpointSecurity,
    inbox: Inbox, outbox: Outbox, wakeUp: EventFD
  ) throws(TransportError) {
    self.role = role
    self.limits = limits
    self.security = security
    self.inbox = inbox
    self.outbox = outbox
    self.wakeUp = wakeUp
    assembly = FrameAssembly(framesPerMessage: limits.framesPerMessage)
    watch = ReceiveWatch(ReceiveWatch.Bounds(limits, security))
    connectionLimit = limits.possibleConnections
    if role == .connecting { approach = Approach(to: place, limits, now: .monotonicNow()) }
    let address = "\(place)"
    PeerNames.seed()
    guard let context = zmq_ctx_new() else {
      throw .system(operation: role.operation, address: address, code: zmq_errno())
    }
    self.context = context
    zmq_ctx_set(context, ZMQ_IO_THREADS, limits.ioThreads(role, security))
    do throws(TransportError) {
      desk = try Self.openDesk(context, security, address, wakeUp: wakeUp)
      (socket, monitor) = try Self.open(context, role, address, limits, security, &approach)
    } catch {
      desk?.socket.close()
      zmq_ctx_term(context)
      throw error
    }
    boundAddress = Self.lastEndpoint(socket).map(Address.readable) ?? address
    if role == .connecting { outbox.add(nil) }
  }

  /// Nil where nobody is to be asked who may come in.
  private static func openDesk(
    _ context: UnsafeMutableRawPointer, _ security: EndpointSecurity, _ address: String,
    wakeUp: EventFD
  ) throws(TransportError) -> AdmissionDesk? {
    guard case .listening(_, let admission) = security else { return nil }
    do throws(ZeroMQError) {
      return try AdmissionDesk(context: context, admission: admission, wakeUp: wakeUp)
    } catch {
      throw TransportError(error, EndpointRole.listening.operation, address)
    }
  }

  /// The socket, configured and at its address, and its monitor. Nothing is left open after an
  /// error.
  private static func open(
    _ context: UnsafeMutableRawPointer, _ role: EndpointRole, _ address: String,
    _ limits: EndpointLimits, _ security: EndpointSecurity, _ approach: inout Approach?
  ) throws(TransportError) -> (ZeroMQSocket, SocketMonitor) {
    guard let handle = zmq_socket(context, role == .listening ? ZMQ_ROUTER : ZMQ_DEALER) else {
      throw .system(operation: role.operation, address: address, code: zmq_errno())
    }
    let socket = ZeroMQSocket(handle: handle)
    do throws(TransportError) {
      let monitor: SocketMonitor
      do throws(ZeroMQError) {
        try configure(socket, role, limits, security)
        monitor = try SocketMonitor(context: context, of: socket)
      } catch {
        throw TransportError(error, role.operation, address)
      }
      do throws(TransportError) {
        try attach(socket, role, address, &approach)
        return (socket, monitor)
      } catch {
        monitor.close()
        throw error
      }
    } catch {
      socket.close()
      throw error
    }
  }

  private static func configure(
    _ socket: ZeroMQSocket, _ role: EndpointRole, _ limits: EndpointLimits,
    _ security: EndpointSecurity
  ) throws(ZeroMQError) {
    if security.isEncrypted && zmq_has("curve") == 0 { throw ZeroMQError(code: ENOTSUP) }
    try security.configure(socket)
    // Bounded in bytes by SendBudget instead.
    try socket.set(ZMQ_SNDHWM, Int32(0))
    try socket.set(ZMQ_RCVHWM, max(1, limits.readAheadMessages))
    try socket.set(ZMQ_LINGER, Int32(0))
    try socket.set(ZMQ_IPV6, Int32(1))
    try socket.set(ZMQ_TCP_KEEPALIVE, Int32(1))
    try socket.set(ZMQ_TCP_KEEPALIVE_IDLE, Int32(30))
    try socket.set(ZMQ_TCP_KEEPALIVE_INTVL, Int32(10))
    try socket.set(ZMQ_TCP_KEEPALIVE_CNT, Int32(3))
    try socket.set(ZMQ_HEARTBEAT_IVL, limits.probeInterval.wholeMilliseconds)
    try socket.set(ZMQ_HEARTBEAT_TIMEOUT, limits.probeTimeout.wholeMilliseconds)
    switch role {
    case .listening:
      try socket.set(ZMQ_MAXMSGSIZE, Int64(limits.frameBytes + security.bytesAroundFrame))
      try socket.set(ZMQ_HANDSHAKE_IVL, limits.handshakeTimeout.wholeMilliseconds)
      try PeerNames.refuseOldProtocols(socket)
      try socket.set(ZMQ_ROUTER_MANDATORY, Int32(1))
      try socket.set(ZMQ_BACKLOG, Int32(1024))
    case .connecting:
      let head = FrameParts.longestHead(framesPerMessage: limits.framesPerMessage)
      try socket.set(
        ZMQ_MAXMSGSIZE, Int64(limits.frameBytes + head + security.bytesAroundFrame))
      // Not ZMQ_IMMEDIATE: with it, ZeroMQ drops what came over a connection and was not read when
      // it closed.
      try socket.set(ZMQ_RECONNECT_IVL, limits.reconnectInterval.wholeMilliseconds)
      try socket.set(ZMQ_RECONNECT_IVL_MAX, limits.longestReconnectInterval.wholeMilliseconds)
    }
  }

  /// Listens or connects. An address that has to be looked up is left for later.
  private static func attach(
    _ socket: ZeroMQSocket, _ role: EndpointRole, _ address: String, _ approach: inout Approach?
  ) throws(TransportError) {
    if approach?.directory != nil { return }
    approach?.target = address
    let verb = role == .listening ? zmq_bind : zmq_connect
    guard verb(socket.handle, address) == 0 else {
      throw TransportError(code: zmq_errno(), operation: role.operation, address: address)
    }
    guard role == .listening else { return }
    do throws(ZeroMQError) {
      try PeerNames.passOver(socket)
    } catch {
      throw TransportError(error, role.operation, address)
    }
  }

  private static func lastEndpoint(_ socket: ZeroMQSocket) -> String? {
    var text = [UInt8](repeating: 0, count: 1024)
    var count = text.count
    guard zmq_getsockopt(socket.handle, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
  }

  // ---- Running ----

  /// Until the outbox is closed; then the socket is closed too.
  mutating func run() {
    while true {
      sendWaiting()
      let lingerUntil = outbox.lingerUntil
      if let lingerUntil, isSent || Instant.monotonicNow() >= lingerUntil { break }
      // Nothing is received while closing: no one takes it.
      let mayRead = lingerUntil == nil && inbox.hasRoom()
      let approachDue = isConnected || isDisconnecting ? nil : approach?.deadline
      // An end is told once nothing is left to read, which nothing but reading shows.
      let endIsDue = mayRead && (connections.hasLeavers || isDisconnecting)
      let deadlines = [
        lingerUntil, watch.isEmpty ? nil : nextWatch, approachDue, desk?.nextReport,
        endIsDue ? .monotonicNow() : nil,
      ]
      poll(mayRead: mayRead, until: deadlines.compactMap { $0 }.min())
      wakeUp.clear()
      takeEvents()
      admit()
      approachListener()
      executeOrders()
      cutSurplus()
      let read = bytesReadIfDue()
      let isDrained = mayRead && receiveWaiting()
      if let read { cutExcessive(read, isDrained: isDrained) }
    }
    finish()
  }

  /// What ZeroMQ has read from each connection, now and then. It is asked before messages are
  /// taken, so that they are not missing from what was taken.
  private mutating func bytesReadIfDue() -> [Int32: Int]? {
    let now = Instant.monotonicNow()
    if watch.isEmpty || now < nextWatch { return nil }
    nextWatch = now + Self.watchInterval
    return Dictionary(
      uniqueKeysWithValues: watch.descriptors.compactMap { descriptor in
        ByteCount.readFrom(descriptor).map { (descriptor, $0) }
      })
  }

  private var isSent: Bool { blocked == nil && outbox.isEmpty }

  private func poll(mayRead: Bool, until deadline: Instant?) {
    var events: Int32 = 0
    if mayRead { events |= ZMQ_POLLIN }
    if blocked != nil && maySend { events |= ZMQ_POLLOUT }
    var items = [
      zmq_pollitem_t(
        socket: nil, fd: wakeUp.descriptor, events: Int16(ZMQ_POLLIN), revents: 0),
      zmq_pollitem_t(
        socket: monitor.socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
    ]
    if let desk {
      items.append(
        zmq_pollitem_t(socket: desk.socket.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
    }
    if events != 0 {
      items.append(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Int16(events), revents: 0))
    }
    var timeout = -1
    if let deadline {
      timeout = Int(max(.zero, deadline - .monotonicNow()).wholeMilliseconds) + 1
    }
    // Whatever it returns, interrupted or not, the loop looks at everything again.
    zmq_poll(&items, Int32(items.count), timeout)
  }

  /// Closes the socket, giving what ZeroMQ still holds until the deadline.
  private mutating func finish() {
    blocked?.abandon()
    while let message = outbox.next() { message.abandon() }
    let rest = (outbox.lingerUntil ?? .monotonicNow()) - .monotonicNow()
    do {
      try socket.set(ZMQ_LINGER, max(rest, .zero).wholeMilliseconds)
    } catch {
      preconditionFailure("ZeroMQ takes no time to linger: \(error)")
    }
    monitor.close()
    socket.close()
    desk?.socket.close()
    while zmq_ctx_term(context) != 0 && zmq_errno() == EINTR {}
    inbox.close()
  }
}

extension Duration {
  /// For ZeroMQ's options; what does not fit is cut.
  var wholeMilliseconds: Int32 {
    Int32(clamping: nanoseconds / 1_000_000)
  }
}
