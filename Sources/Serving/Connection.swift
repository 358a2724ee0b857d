// One connection of a browser or a program: requests in, answers out. Bounded in time and bytes,
// whatever comes. Lives on the page's one thread.

import Basics
import NIOCore
import NIOHTTP1
import RunHistory

final class Connection: ChannelInboundHandler, Watcher {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// For a request to come whole, and for a short answer to be taken.
  static let patience: TimeAmount = .seconds(20)
  /// Of a long answer, so many bytes have a second more.
  private static let slowestBytes = 32 << 10
  /// For the next request on a connection that stays open.
  static let idleness: TimeAmount = .seconds(60)
  /// A connection of events that takes nothing for so long is closed.
  private static let stall: Duration = .seconds(20)

  private let hub: Hub
  private let rules: AccessRules
  private var context: ChannelHandlerContext?
  private var head: HTTPRequestHead?
  private var deadline: Scheduled<Void>?
  private var isWatching = false
  private var takenAt: Instant = .monotonicNow()

  init(_ hub: Hub, _ rules: AccessRules) {
    self.hub = hub
    self.rules = rules
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    expect(within: Self.patience)
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }
  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  private func leave() {
    deadline?.cancel()
    if isWatching { hub.remove(self) }
    isWatching = false
    context = nil
  }

  /// Closes the connection unless something happens in time.
  private func expect(within time: TimeAmount) {
    deadline?.cancel()
    guard let context else { return }
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      switch rules.judge(head, runs: hub.runCount) {
      case .failure(.hasBody), .failure(.methodNotAllowed):
        // What else comes of it is not waited for.
        answer(head, context)
      default:
        self.head = head
      }
    case .body:
      // Refused by its head already.
      break
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What is not HTTP was answered by the handler before this one.
    context.close(promise: nil)
  }

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    switch rules.judge(head, runs: hub.runCount) {
    case .failure(let rejection):
      let closes = rejection == .hasBody || rejection == .methodNotAllowed
      send(.rejection(rejection), to: head, context, closes: closes)
    case .success(.events) where head.method == .GET:
      if hub.hasRoom { watch(head, context) } else { send(.crowded, to: head, context) }
    case .success(let resource):
      send(Reply(to: resource, from: hub), to: head, context)
    }
  }

  private func send(
    _ reply: Reply, to request: HTTPRequestHead, _ context: ChannelHandlerContext,
    closes: Bool = false
  ) {
    let keepsAlive = request.isKeepAlive && !closes
    context.write(
      wrapOutboundOut(.head(reply.head(version: request.version, keepsAlive: keepsAlive))),
      promise: nil)
    if request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(reply.body))), promise: nil)
    }
    expect(within: Self.patience + .seconds(Int64(reply.body.readableBytes / Self.slowestBytes)))
    let channel = context.channel
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [weak self] _ in
      if !keepsAlive { channel.close(promise: nil) }
      // Who asked for the events behind it is not to ask for more.
      if keepsAlive, let self, !isWatching { expect(within: Self.idleness) }
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }

  // MARK: Watching

  private func watch(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    context.writeAndFlush(
      wrapOutboundOut(.head(Reply.streamHead(version: request.version))), promise: nil)
    isWatching = true
    takenAt = .monotonicNow()
    hub.add(self)
  }

  func take(_ event: ByteBuffer) -> Bool {
    guard let context, context.channel.isActive else { return false }
    let now = Instant.monotonicNow()
    guard context.channel.isWritable else {
      if now - takenAt > Self.stall { context.close(promise: nil) }
      return false
    }
    takenAt = now
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(event))), promise: nil)
    return true
  }

  func finish() {
    guard let context else { return }
    let channel = context.channel
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenComplete { _ in channel.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }
}

extension Reply {
  /// What a resource is now.
  init(to resource: Resource, from hub: Hub) {
    switch resource {
    case .page: self = .page(.ok) { PageText.page(nonce: $0) }
    case .health: self = .text(.ok, "ok\n")
    case .metrics:
      self.init(
        type: PrometheusText.contentType, ByteBuffer(string: PrometheusText(of: hub.views()).text))
    case .state, .events:
      do {
        self.init(type: "application/json", ByteBuffer(string: try hub.stateText()))
      } catch {
        self = .text(.internalServerError, "what is shown cannot be written as JSON: \(error)\n")
      }
    case .configuration(let run):
      let bytes = try? Files.readBytes(
        hub.folder(of: run).configuration, limitBytes: Self.configurationLimitBytes)
      self = .file(bytes.map { ByteBuffer(bytes: $0) }, type: "text/plain; charset=utf-8")
    case .picture(let run):
      self = .file(hub.picture(of: run), type: "image/png")
    }
  }

  private static let configurationLimitBytes = 1 << 20

  private static func file(_ bytes: ByteBuffer?, type: String) -> Reply {
    bytes.map { Reply(type: type, $0) } ?? .rejection(.notFound)
  }
}
