// The page's server: one thread of its own, which yields to every other, reads a run's folder and
// answers. It shares nothing with a run.

import Basics
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Observability
import RunHistory
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

package final class PageServer: Sendable {
  /// How it is to be reached.
  package struct Settings: Sendable {
    package let address: ListenAddress
    package let rules: AccessRules
    /// Whether its thread has a processor only where no run of this machine wants it.
    package let yields: Bool

    package init(address: ListenAddress, rules: AccessRules, yields: Bool = true) {
      self.address = address
      self.rules = rules
      self.yields = yields
    }
  }

  /// Connections at a time; further ones are closed at once. Of the files that this process may
  /// have open, most are for others.
  package static var connectionLimit: Int {
    min(256, max(4, (ResourceLimit.openFiles.value ?? .max) / 8))
  }

  /// Bytes of a request's headers, all and one of them.
  private static let headerLimitBytes = 16 << 10
  /// What waits for a slow reader before it is passed over.
  private static let outboxBytes = 256 << 10
  /// Between two looks at the folders.
  private static let interval: TimeAmount = .seconds(1)
  /// For the last look, for the last words to leave, and for the thread to end: each at most.
  private static let farewell: Duration = .seconds(2)

  /// `http://127.0.0.1:8080/`.
  package let address: String
  private let loop: any EventLoop
  private let hub: NIOLoopBound<Hub>
  private let listener: any Channel
  private let thread: SystemThread
  private let isClosed = Mutex(false)

  /// Listens.
  /// - Throws: `ServingError`, before anything is served; `ThreadError`.
  package init(_ settings: Settings) throws {
    let (host, port) = (settings.address.host, settings.address.port)
    let text = ListenAddress.text(host: host, port: port)
    let socket: SocketAddress
    do {
      socket = try SocketAddress.makeAddressResolvingHost(host, port: port)
    } catch {
      throw ServingError.unknownHost(host, reason: NetworkTrouble.reason(of: error))
    }
    if !socket.isLoopback && settings.rules.token == nil { throw ServingError.needsToken(text) }
    (loop, thread) = try Self.startLoop(yields: settings.yields)
    do {
      (hub, listener) = try Self.listen(on: socket, loop, settings.rules)
    } catch {
      loop.shutdownGracefully { _ in }
      thread.join(timeout: Self.farewell)
      if let failure = error as? IOError, failure.errnoCode == EADDRINUSE {
        throw ServingError.addressTaken(text)
      }
      throw ServingError.cannotListen(text, reason: NetworkTrouble.reason(of: error))
    }
    let bound = listener.localAddress?.port ?? port
    // Nobody elsewhere can open 0.0.0.0.
    let reachable = socket.isWildcard ? ProcessInfo.processInfo.hostName : host
    address = "http://\(ListenAddress.text(host: reachable, port: bound))/"
  }

  /// An event loop on a thread that takes no signals.
  private static func startLoop(
    yields: Bool
  ) throws(ThreadError) -> (any EventLoop, SystemThread) {
    let started = Monitor<(any EventLoop)?>(nil)
    let thread = try SystemThread("page") {
      if yields { SystemThread.yieldToOthers() }
      MultiThreadedEventLoopGroup.withCurrentThreadAsEventLoop { loop in
        started.withLock { $0 = loop }
      }
    }
    return (started.wait { $0 }, thread)
  }

  private static func listen(
    on socket: SocketAddress, _ loop: any EventLoop, _ rules: AccessRules
  ) throws -> (NIOLoopBound<Hub>, any Channel) {
    try loop.flatSubmit {
      let hub = NIOLoopBound(Hub(), eventLoop: loop)
      return bootstrap(on: loop, hub, rules).bind(to: socket).map { (hub, $0) }
    }.wait()
  }

  private static func bootstrap(
    on loop: any EventLoop, _ hub: NIOLoopBound<Hub>, _ rules: AccessRules
  ) -> ServerBootstrap {
    let count = NIOLoopBoundBox(0, eventLoop: loop)
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = headerLimitBytes
    limits.maxHeaderListSize = headerLimitBytes
    limits.maxHeaderFieldCount = 100
    let (decoderLimits, connections) = (limits, connectionLimit)
    return ServerBootstrap(group: loop)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(
        .writeBufferWaterMark,
        value: .init(low: outboxBytes / 4, high: outboxBytes)
      )
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard count.value < connections else { throw ChannelError.ioOnClosedChannel }
          count.value += 1
          channel.closeFuture.assumeIsolated().whenComplete { _ in count.value -= 1 }
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline(
            position: .last, withPipeliningAssistance: true, withServerUpgrade: nil,
            withErrorHandling: true, withOutboundHeaderValidation: true,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoderLimits)
          try pipeline.addHandler(Connection(hub.value, rules))
        }
      }
  }

  /// From now on shows these runs.
  package func show(_ folders: [RunFolder]) {
    let (loop, hub) = (loop, hub)
    loop.execute {
      hub.value.show(folders)
      Self.look(hub, on: loop)
    }
  }

  /// Looks at the folders, tells what is new, and so on.
  private static func look(_ hub: NIOLoopBound<Hub>, on loop: any EventLoop) {
    let hasMore = hub.value.refresh()
    if !hasMore { hub.value.tell() }
    // Requests are answered between two pieces of a long file.
    loop.scheduleTask(in: hasMore ? .zero : interval) { look(hub, on: loop) }
  }

  /// Says the last word to all who watch, and ends, in a few seconds whatever the disk and the
  /// network do: a run's end must not wait for its page. Again, it does nothing.
  package func close() {
    let wasClosed = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return isClosed
    }
    if wasClosed { return }
    let (hub, deadline) = (hub, Instant.after(Self.farewell))
    let hasEnded = Monitor(false)
    loop.execute {
      while hub.value.refresh(), .monotonicNow() < deadline {}
      hub.value.tell()
      hub.value.end()
      hasEnded.withLock { $0 = true }
    }
    hasEnded.wait(until: deadline + Self.farewell) { $0 ? () : nil }
    listener.close(promise: nil)
    loop.shutdownGracefully { _ in }
    thread.join(timeout: Self.farewell)
  }
}

extension SocketAddress {
  /// Whether only this machine reaches it.
  fileprivate var isLoopback: Bool {
    guard let ip = ipAddress else { return false }
    return ip.hasPrefix("127.") || ip == "::1"
  }

  /// Whether it is all addresses of this machine.
  fileprivate var isWildcard: Bool { ipAddress == "0.0.0.0" || ipAddress == "::" }
}
