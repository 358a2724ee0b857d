// Messages between processes: lists of byte frames over ZeroMQ, by TCP or a socket in the file
// system. Not here: what the frames mean, and who is who.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// One end of connections: it either listens for many peers or connects to one listener and keeps
/// trying.
///
/// A thread of its own owns the socket. `send`, `receive` and `close` may be called from any
/// thread. Messages to and from one peer stay in order; none is dropped while its connection lives.
///
/// `@unchecked Sendable`: `thread` is written before the endpoint is shared and read by the one
/// `close` that wins `isClosed`; everything else is immutable or locks itself.
package final class Endpoint: @unchecked Sendable {
  /// What peers connect to: the address listened on, with the port that a wildcard (`tcp://*:0`)
  /// became.
  package let boundAddress: String

  private let inbox: Inbox
  private let outbox: Outbox
  private let thread: SystemThread
  private let isClosed = Monitor(false)

  /// Listens for peers (a ZeroMQ ROUTER).
  /// - Parameter address: `tcp://HOST:PORT`, with `*` for all interfaces or any port, or
  ///   `ipc://PATH`.
  /// - Throws: `TransportError` that says what is wrong with the address and what to do.
  package static func listen(
    _ address: String, limits: EndpointLimits = EndpointLimits(),
    security: EndpointSecurity = .none
  ) throws(TransportError) -> Endpoint {
    try Address.checkScheme(address)
    try Address.checkListenable(address)
    return try Endpoint(.listening, .address(address), limits, security)
  }

  /// Whether a text is an address at all.
  /// - Throws: `TransportError.unsupportedAddress`, or that its path is too long.
  package static func check(_ address: String) throws(TransportError) {
    try Address.checkScheme(address)
  }

  /// Whether one could listen at an address in the file system, as far as that can be known without
  /// doing it.
  /// - Throws: as `listen`.
  package static func tryOut(_ address: String) throws(TransportError) {
    try Address.tryOut(address)
  }

  /// Whether nobody but this user, and root, can reach a listener there.
  package static func isPrivate(_ address: String) -> Bool { Address.isPrivate(address) }

  /// Connects to a listener (a ZeroMQ DEALER), now or when there is one; `connected` tells. All
  /// addresses of a name are tried in turn, and the name is looked up again when all have failed;
  /// `trouble` tells why there is no connection.
  /// - Throws: `TransportError` for what is not an address; that no one listens there is not an
  ///   error.
  package static func connect(
    _ address: String, limits: EndpointLimits = EndpointLimits(),
    security: EndpointSecurity = .none
  ) throws(TransportError) -> Endpoint {
    try connect(.address(address), limits: limits, security: security)
  }

  /// As `connect(_: String)`; a file with an address is read again whenever all that it named have
  /// failed.
  package static func connect(
    _ place: ListenerPlace, limits: EndpointLimits = EndpointLimits(),
    security: EndpointSecurity = .none
  ) throws(TransportError) -> Endpoint {
    if case .address(let address) = place { try Address.checkScheme(address) }
    return try Endpoint(.connecting, place, limits, security)
  }

  private init(
    _ role: EndpointRole, _ place: ListenerPlace, _ limits: EndpointLimits,
    _ security: EndpointSecurity
  ) throws(TransportError) {
    let address = "\(place)"
    guard let wakeUp = EventFD() else {
      throw .system(operation: "make an eventfd for", address: address, code: errno)
    }
    let inbox = Inbox(limitBytes: limits.inboxBytes, wakeUp: wakeUp)
    let outbox = Outbox(limits: limits, wakeUp: wakeUp)
    let opened = Monitor<Swift.Result<String, TransportError>?>(nil)
    let thread: SystemThread
    do throws(ThreadError) {
      // This one, ZeroMQ's own and those for input and output.
      try SystemThread.ensure(2 + Int(limits.ioThreads(role, security)), for: "socket")
      thread = try SystemThread("socket") { () in
        do throws(TransportError) {
          var loop = try SocketLoop(
            role: role, place: place, limits: limits, security: security, inbox: inbox,
            outbox: outbox, wakeUp: wakeUp)
          opened.withLock { $0 = .success(loop.boundAddress) }
          loop.run()
        } catch {
          opened.withLock { $0 = .failure(error) }
        }
      }
    } catch {
      throw .system(operation: "start a thread for", address: address, code: error.code)
    }
    var result: Swift.Result<String, TransportError>?
    while result == nil { result = opened.wait(until: .after(.seconds(3600))) { $0 } }
    switch result! {
    case .failure(let error):
      thread.join()
      throw error
    case .success(let bound): boundAddress = bound
    }
    self.inbox = inbox
    self.outbox = outbox
    self.thread = thread
  }

  deinit { close(linger: .zero) }

  /// Hands over a message of at least one frame; the frames' bytes are shared, not copied.
  ///
  /// Up to `EndpointLimits.outboxBytesPerPeer` may be under way to a peer; above that the call
  /// waits. A connecting endpoint accepts messages while it is not connected and sends them once it
  /// is.
  /// - Parameters:
  ///   - peer: who sent something before, on a listening endpoint; nil on a connecting one.
  ///   - timeout: how long to wait for room; zero asks only.
  package func send(_ frames: [[UInt8]], to peer: Peer? = nil, timeout: Duration) -> SendOutcome {
    outbox.send(frames, to: peer, timeout: timeout)
  }

  /// The next event; nil when `timeout` passes first, after `interrupt`, and when the endpoint is
  /// closed and nothing is left.
  package func receive(timeout: Duration) -> Received? { inbox.take(timeout: timeout) }

  /// Vouches for a peer of a listening endpoint: it is not a stranger any more (see
  /// `EndpointLimits`). A peer that has gone is ignored.
  package func keep(_ peer: Peer) { outbox.keep(peer) }

  /// Closes the connection to a peer whose `disconnected` was not received yet, which is then the
  /// only event that still comes of it. What was accepted for it is lost. A peer that was cut off
  /// may connect again, as a new one; a connecting endpoint does by itself.
  /// - Parameter peer: nil on a connecting endpoint.
  package func disconnect(_ peer: Peer? = nil) {
    inbox.silence(peer)
    outbox.disconnect(peer)
  }

  /// The path of a listening endpoint's socket when it has been removed from the file system:
  /// nobody can connect then, and who is connected stays so.
  package var vanishedSocket: String? { Address.vanishedSocket(boundAddress) }

  /// What others connect to: where all interfaces are listened on, by this machine's name.
  package func address(onMachine name: String) -> String {
    Address.reachable(boundAddress, onMachine: name)
  }

  /// Makes a `receive` that waits, or else the next one that would, return nil at once.
  package func interrupt() { inbox.interrupt() }

  /// Closes the socket and ends its thread. What was accepted by `send` has up to `linger` to
  /// leave. Later calls wait for the first and do nothing.
  package func close(linger: Duration) {
    outbox.close(deadline: .after(linger))
    isClosed.withLock { isClosed in
      if isClosed { return }
      thread.join()
      isClosed = true
    }
  }
}
