// Asks a page's server elsewhere for what it shows. One question at a time, bounded in time and
// bytes.

import Basics
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RunHistory

/// Why a page elsewhere gave nothing.
package enum StateClientError: Error, Equatable, CustomStringConvertible {
  case notAnAddress(String)
  case unreachable(String, reason: String)
  case needsToken(String)
  case refused(String, status: Int)
  case tooLong(String, limitBytes: Int)
  case unreadable(String)

  package var description: String {
    switch self {
    case .notAnAddress(let text):
      "'\(text.visible)' is neither the folder of a run nor an address such as "
        + "http://127.0.0.1:8080"
    case .unreachable(let address, let reason): "\(address) does not answer: \(reason)"
    case .needsToken(let address):
      "\(address) asks for a token; name the file that holds it by --token-file"
    case .refused(let address, let status): "\(address) answers with status \(status)"
    case .tooLong(let address, let limitBytes):
      "\(address) answers with more than \(HumanFormat.bytes(limitBytes)): it is no page of Terrane"
    case .unreadable(let address):
      "\(address) is not a page of Terrane, or of another release than this"
    }
  }
}

package struct StateClient: Sendable {
  /// For an answer as a whole.
  private static let patience: TimeAmount = .seconds(15)
  private static let limitBytes = 64 << 20

  private let host: String
  private let port: Int
  private let address: String
  private let token: AccessToken?

  /// - Parameter address: `http://HOST:PORT`, with or without what stands before and behind.
  package init(_ address: String, token: AccessToken?) throws(StateClientError) {
    var text = address[...]
    if text.hasPrefix("http://") { text = text.dropFirst("http://".count) }
    text = text.prefix { $0 != "/" }
    guard !address.hasPrefix("https:"), let place = try? ListenAddress(String(text)) else {
      throw .notAnAddress(address)
    }
    (host, port) = (place.host, place.port)
    self.address = "http://\(ListenAddress.text(host: host, port: port))"
    self.token = token
  }

  /// What it shows now.
  /// - Throws: `StateClientError`.
  package func views() throws -> [RunView] {
    let (status, body) = try answer()
    switch status {
    case .ok: break
    case .unauthorized: throw StateClientError.needsToken(address)
    default: throw StateClientError.refused(address, status: Int(status.code))
    }
    guard let views = try? JSONDecoder().decode([RunView].self, from: Data(body)) else {
      throw StateClientError.unreadable(address)
    }
    return views
  }

  private func answer() throws -> (HTTPResponseStatus, [UInt8]) {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { try? group.syncShutdownGracefully() }
    let loop = group.next()
    let done = loop.makePromise(of: (HTTPResponseStatus, [UInt8]).self)
    let (request, limit) = (head, Self.limitBytes)
    do {
      let channel = try ClientBootstrap(group: loop)
        .connectTimeout(Self.patience)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(AnswerCollector(request, done, limitBytes: limit))
          }
        }
        .connect(host: host, port: port).wait()
      loop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
      return try done.futureResult.wait()
    } catch {
      done.fail(error)
      throw error is TooLong
        ? StateClientError.tooLong(address, limitBytes: limit)
        : .unreachable(address, reason: NetworkTrouble.reason(of: error))
    }
  }

  private var head: HTTPRequestHead {
    var fields = HTTPHeaders([
      ("host", ListenAddress.text(host: host, port: port)), ("connection", "close"),
    ])
    if let token { fields.add(name: "authorization", value: token.authorization) }
    return HTTPRequestHead(version: .http1_1, method: .GET, uri: "/state", headers: fields)
  }
}

/// An answer of more bytes than are wanted.
private struct TooLong: Error {}

/// Sends one request and gathers its answer.
private final class AnswerCollector: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private let request: HTTPRequestHead
  private let done: EventLoopPromise<(HTTPResponseStatus, [UInt8])>
  private let limitBytes: Int
  private var status: HTTPResponseStatus?
  private var body: [UInt8] = []

  init(
    _ request: HTTPRequestHead, _ done: EventLoopPromise<(HTTPResponseStatus, [UInt8])>,
    limitBytes: Int
  ) {
    self.request = request
    self.done = done
    self.limitBytes = limitBytes
  }

  func channelActive(context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(.head(request)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): status = head.status
    case .body(var part):
      body += part.readBytes(length: part.readableBytes) ?? []
      if body.count > limitBytes {
        done.fail(TooLong())
        context.close(promise: nil)
      }
    case .end:
      if let status { done.succeed((status, body)) }
      context.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    done.fail(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    done.fail(ChannelError.eof)
  }
}
