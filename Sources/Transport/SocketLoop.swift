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
}

/// The socket and all that only its thread knows. Made, run and finished on that thread.
struct SocketLoop {
  let role: EndpointRole
  let limits: EndpointLimits
  let inbox: Inbox
  let outbox: Outbox
  let wakeUp: WakeUp
  let context: UnsafeMutableRawPointer
  let verbs: SocketVerbs
  let monitor: SocketMonitor
  /// The address with the port that a wildcard became.
  let boundAddress: String
  var connections = ConnectionTable()
  var watch: ReceiveWatch
  /// What comes to a connecting endpoint.
  var assembly: FrameAssembly
  /// Of descriptors, since a process has a limit of them and needs some for its files.
  let connectionLimit: Int
  /// A message that could not go yet; those behind it wait.
  var blocked: Post?
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
    role: EndpointRole, address: String, limits: EndpointLimits, inbox: Inbox, outbox: Outbox,
    wakeUp: WakeUp
  ) throws(TransportError) {
    self.role = role
    self.limits = limits
    self.inbox = inbox
    self.outbox = outbox
    self.wakeUp = wakeUp
    let operation = role == .listening ? "listen on" : "connect to"
    guard let context = zmq_ctx_new() else {
      throw .system(operation: operation, address: address, code: zmq_errno())
    }
    PeerNames.seed()
    guard let socket = zmq_socket(context, role == .listening ? ZMQ_ROUTER : ZMQ_DEALER) else {
      let code = zmq_errno()
      zmq_ctx_term(context)
      throw .system(operation: operation, address: address, code: code)
    }
    self.context = context
    assembly = FrameAssembly(framesPerMessage: limits.framesPerMessage)
    watch = ReceiveWatch(ReceiveWatch.Bounds(limits))
    connectionLimit = limits.possibleConnections
    verbs = SocketVerbs(socket: socket)
    Self.configure(verbs, role, limits)
    guard let monitor = SocketMonitor(context: context, of: socket) else {
      let code = zmq_errno()
      zmq_close(socket)
      zmq_ctx_term(context)
      throw .system(operation: operation, address: address, code: code)
    }
    self.monitor = monitor
    if role == .connecting { approach = Approach(to: address, limits, now: .monotonicNow()) }
    if !Self.open(socket, role, address, &approach) {
      let error = TransportError(code: zmq_errno(), operation: operation, address: address)
      zmq_close(monitor.verbs.socket)
      zmq_close(socket)
      zmq_ctx_term(context)
      throw error
    }
    if role == .listening { PeerNames.passOver(verbs) }
    boundAddress = Self.lastEndpoint(socket) ?? address
    if role == .connecting { outbox.add(nil) }
  }

  private static func configure(
    _ verbs: SocketVerbs, _ role: EndpointRole, _ limits: EndpointLimits
  ) {
    // Bounded in bytes by SendBudget instead.
    verbs.set(ZMQ_SNDHWM, Int32(0))
    verbs.set(ZMQ_RCVHWM, max(1, limits.readAheadMessages))
    verbs.set(ZMQ_LINGER, Int32(0))
    verbs.set(ZMQ_IPV6, Int32(1))
    verbs.set(ZMQ_TCP_KEEPALIVE, Int32(1))
    verbs.set(ZMQ_TCP_KEEPALIVE_IDLE, Int32(30))
    verbs.set(ZMQ_TCP_KEEPALIVE_INTVL, Int32(10))
    verbs.set(ZMQ_TCP_KEEPALIVE_CNT, Int32(3))
    verbs.set(ZMQ_HEARTBEAT_IVL, limits.probeInterval.wholeMilliseconds)
    verbs.set(ZMQ_HEARTBEAT_TIMEOUT, limits.probeTimeout.wholeMilliseconds)
    switch role {
    case .listening:
      verbs.set(ZMQ_MAXMSGSIZE, Int64(limits.frameBytes))
      PeerNames.refuseOldProtocols(verbs)
      verbs.set(ZMQ_ROUTER_MANDATORY, Int32(1))
      verbs.set(ZMQ_BACKLOG, Int32(1024))
    case .connecting:
      let head = FrameParts.longestHead(framesPerMessage: limits.framesPerMessage)
      verbs.set(ZMQ_MAXMSGSIZE, Int64(limits.frameBytes + head))
      // Not ZMQ_IMMEDIATE: with it, ZeroMQ drops what came over a connection and was not read when it closed.
      verbs.set(ZMQ_RECONNECT_IVL, limits.reconnectInterval.wholeMilliseconds)
      verbs.set(ZMQ_RECONNECT_IVL_MAX, limits.longestReconnectInterval.wholeMilliseconds)
    }
  }

  /// An address that has to be looked up is left for later.
  private static func open(
    _ socket: UnsafeMutableRawPointer, _ role: EndpointRole, _ address: String,
    _ approach: inout Approach?
  ) -> Bool {
    if role == .listening { return zmq_bind(socket, address) == 0 }
    if approach?.host != nil { return true }
    approach?.target = address
    return zmq_connect(socket, address) == 0
  }

  private static func lastEndpoint(_ socket: UnsafeMutableRawPointer) -> String? {
    var text = [UInt8](repeating: 0, count: 1024)
    var count = text.count
    guard zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, &text, &count) == 0 else { return nil }
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
      let deadlines = [lingerUntil, watch.isEmpty ? nil : nextWatch, approachDue]
      poll(mayRead: mayRead, until: deadlines.compactMap { $0 }.min())
      wakeUp.clear()
      takeEvents()
      approachListener()
      carryOutOrders()
      cutSurplus()
      let read = bytesReadIfDue()
      let isDrained = mayRead && receiveWaiting()
      if let read { cutExcessive(read, isDrained: isDrained) }
    }
    finish()
  }

  /// What ZeroMQ has read from each connection, now and then. It is asked before messages are taken, so that they are
  /// not missing from what was taken.
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
        socket: monitor.verbs.socket, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0),
    ]
    if events != 0 {
      items.append(zmq_pollitem_t(socket: verbs.socket, fd: 0, events: Int16(events), revents: 0))
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
    while let post = outbox.next() { post.abandon() }
    let rest = (outbox.lingerUntil ?? .monotonicNow()) - .monotonicNow()
    verbs.set(ZMQ_LINGER, max(rest, .zero).wholeMilliseconds)
    zmq_close(monitor.verbs.socket)
    zmq_close(verbs.socket)
    while zmq_ctx_term(context) != 0 && zmq_errno() == EINTR {}
    inbox.close()
  }
}

extension Duration {
  /// For ZeroMQ's options; what does not fit is cut.
  var wholeMilliseconds: Int32 {
    Int32(clamping: max(nanoseconds, 0) / 1_000_000)
  }
}
