// What is sent back: a status, headers and a body, without a socket.

import Basics
import NIOCore
import NIOHTTP1

struct Reply {
  var status: HTTPResponseStatus = .ok
  var type: String
  var body: ByteBuffer
  var headers: [(String, String)] = []

  init(_ status: HTTPResponseStatus = .ok, type: String, _ body: ByteBuffer) {
    self.status = status
    self.type = type
    self.body = body
  }

  /// A page, which may run only what is in it.
  static func page(_ status: HTTPResponseStatus, _ text: (String) -> String) -> Reply {
    let nonce = PageText.makeNonce()
    var reply = Reply(
      status, type: "text/html; charset=utf-8", ByteBuffer(string: text(nonce)))
    reply.headers.append(("content-security-policy", PageText.policy(nonce: nonce)))
    return reply
  }

  static func text(_ status: HTTPResponseStatus = .ok, _ text: String) -> Reply {
    Reply(status, type: "text/plain; charset=utf-8", ByteBuffer(string: text))
  }

  static func rejection(_ rejection: Rejection) -> Reply {
    var reply =
      rejection == .unauthorized(wantsPage: true)
      ? Reply.page(.unauthorized) { PageText.login(nonce: $0) }
      : Reply.text(rejection.status, rejection.text)
    switch rejection {
    case .methodNotAllowed: reply.headers.append(("allow", "GET, HEAD"))
    case .unauthorized: reply.headers.append(("www-authenticate", "Bearer realm=\"terrane\""))
    default: break
    }
    return reply
  }

  /// Of events, where as many watch as may.
  static var crowded: Reply {
    .text(
      .serviceUnavailable,
      "\(Hub.watcherLimit) browsers watch already; close one of them, or ask /state now and then\n")
  }

  /// With what belongs to every answer.
  func head(version: HTTPVersion, keepsAlive: Bool) -> HTTPResponseHead {
    var fields = HTTPHeaders(Self.always)
    fields.add(name: "content-type", value: type)
    fields.add(name: "content-length", value: "\(body.readableBytes)")
    fields.add(contentsOf: headers)
    if !keepsAlive { fields.add(name: "connection", value: "close") }
    return HTTPResponseHead(version: version, status: status, headers: fields)
  }

  /// That of a stream of events, which has no length.
  static func streamHead(version: HTTPVersion) -> HTTPResponseHead {
    var fields = HTTPHeaders(always)
    fields.add(name: "content-type", value: "text/event-stream")
    // For nginx, which would hold events back.
    fields.add(name: "x-accel-buffering", value: "no")
    return HTTPResponseHead(version: version, status: .ok, headers: fields)
  }

  private static let always = [
    ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
  ]
}
