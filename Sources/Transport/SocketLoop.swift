// The thread that owns a ZeroMQ socket, from creation to close. No other code touches the socket.

import CZeroMQ
import Foundations

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

  private var connections = ConnectionTable()
  /// A message that could not go yet; those behind it wait.
  private var blocked: Post?
  private var isConnected = false
  private var isDisconnecting = false

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
    guard let socket = zmq_socket(context, role == .listening ? ZMQ_ROUTER : ZMQ_DEALER) else {
      let code = zmq_errno()
      zmq_ctx_term(context)
      throw .system(operation: operation, address: address, code: code)
    }
    self.context = context
    verbs = SocketVerbs(socket: socket)
    Self.configure(verbs, role, limits)
    guard let monitor = SocketMonitor(context: context, of: socket) else {
      let code = zmq_errno()
      zmq_close(socket)
      zmq_ctx_term(context)
      throw .system(operation: operation, address: address, code: code)
    }
    self.monitor = monitor
    let code = role == .listening ? zmq_bind(socket, address) : zmq_connect(socket, address)
    if code != 0 {
      let error = TransportError(code: zmq_errno(), operation: operation, address: address)
      zmq_close(monitor.verbs.socket)
      zmq_close(socket)
      zmq_ctx_term(context)
      throw error
    }
    boundAddress = Self.lastEndpoint(socket) ?? address
    if role == .connecting { outbox.add(nil) }
  }

  private static func configure(
    _ verbs: SocketVerbs, _ role: EndpointRole, _ limits: EndpointLimits
  ) {
    verbs.set(ZMQ_MAXMSGSIZE, Int64(limits.frameBytes))
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
      verbs.set(ZMQ_ROUTER_MANDATORY, Int32(1))
      verbs.set(ZMQ_BACKLOG, Int32(1024))
    case .connecting:
      // Not ZMQ_IMMEDIATE: with it, ZeroMQ drops what came over a connection and was not read when it closed.
      verbs.set(ZMQ_RECONNECT_IVL, limits.reconnectInterval.wholeMilliseconds)
      verbs.set(ZMQ_RECONNECT_IVL_MAX, limits.longestReconnectInterval.wholeMilliseconds)
    }
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
      poll(mayRead: mayRead, until: lingerUntil)
      wakeUp.clear()
      takeEvents()
      if mayRead { receiveWaiting() }
    }
    finish()
  }

  private var isSent: Bool { blocked == nil && outbox.isEmpty }

  private func poll(mayRead: Bool, until deadline: Instant?) {
    var events: Int32 = 0
    if mayRead { events |= ZMQ_POLLIN }
    if blocked != nil { events |= ZMQ_POLLOUT }
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
      timeout = Int((deadline - .monotonicNow()).wholeMilliseconds) + 1
    }
    // Whatever it returns, interrupted or not, the loop looks at everything again.
    zmq_poll(&items, Int32(items.count), timeout)
  }

  private mutating func sendWaiting() {
    while let post = blocked ?? outbox.next() {
      blocked = nil
      switch verbs.send(post) {
      case .sent: continue
      case .blocked:
        blocked = post
        return
      case .unreachable:
        post.abandon()
        if let peer = post.peer, connections.lost(peer) { leave(peer) }
      }
    }
  }

  private mutating func takeEvents() {
    while let event = monitor.next() {
      switch event {
      case .accepted(let descriptor): connections.accepted(descriptor)
      case .closed(let descriptor):
        if role == .listening {
          connections.closed(descriptor)
        } else if isConnected {
          isConnected = false
          isDisconnecting = true
        }
      case .ready:
        if role == .connecting {
          reportDisconnection()
          isConnected = true
          inbox.put(.connected)
        }
      }
    }
  }

  /// Reads until there is nothing more or the inbox is full.
  private mutating func receiveWaiting() {
    while let first = verbs.receive() {
      var frames: [SocketVerbs.Frame] = [first]
      var count = 1
      while frames[frames.count - 1].hasMore, let frame = verbs.receive() {
        count += 1
        // Keeps one frame beyond the limit at most, to know whether more come.
        if count > limits.framesPerMessage + 2 { frames.removeLast() }
        frames.append(frame)
      }
      takeEvents()
      deliver(frames.map(\.bytes), count: count, over: frames[frames.count - 1].source)
      for peer in connections.gone(isSocketEmpty: false) { leave(peer) }
      if !inbox.hasRoom() { return }
    }
    // Events that came since may speak of connections whose messages came since: those wait a round.
    for peer in connections.gone(isSocketEmpty: true) { leave(peer) }
    reportDisconnection()
  }

  private mutating func deliver(_ frames: [[UInt8]], count: Int, over descriptor: Int32) {
    var peer: Peer?
    var payload = frames[...]
    var payloadCount = count
    if role == .listening {
      let sender = Peer(identity: payload.removeFirst())
      payloadCount -= 1
      if connections.heard(from: sender, over: descriptor) { outbox.add(sender) }
      peer = sender
    }
    if payloadCount > limits.framesPerMessage {
      let error = TransportError.tooManyFrames(
        found: payloadCount, limit: limits.framesPerMessage)
      inbox.put(.refused(peer: peer, error))
    } else {
      inbox.put(.message(peer: peer, frames: Array(payload)))
    }
  }

  private func leave(_ peer: Peer) {
    outbox.remove(peer)
    inbox.put(.disconnected(peer: peer))
  }

  private mutating func reportDisconnection() {
    if !isDisconnecting { return }
    isDisconnecting = false
    inbox.put(.disconnected(peer: nil))
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
  fileprivate var wholeMilliseconds: Int32 {
    Int32(clamping: max(nanoseconds, 0) / 1_000_000)
  }
}
