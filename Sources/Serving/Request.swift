// What is asked for, and whether it is answered: the rules of the page's server, without a socket.

import Basics
import NIOHTTP1

/// What a request that is answered asks for.
package enum Resource: Equatable, Sendable {
  /// The page.
  case page
  /// That the server is there. Holds no secret.
  case health
  /// Numbers for Prometheus.
  case metrics
  /// All that is shown, once.
  case state
  /// All that is shown, and what becomes of it.
  case events
  /// Of one of the runs.
  case configuration(run: Int)
  case picture(run: Int)
}

/// Why a request is not answered as it wants.
package enum Rejection: Equatable, Sendable {
  case methodNotAllowed
  case hasBody
  case notFound
  /// - Parameter wantsPage: whether a person asks, who may be asked for the token.
  case unauthorized(wantsPage: Bool)
  /// A name that does not belong to this machine, where there is no token: a page elsewhere may
  /// have made a browser believe that it does.
  case misdirected

  package var status: HTTPResponseStatus {
    switch self {
    case .methodNotAllowed: .methodNotAllowed
    case .hasBody: .payloadTooLarge
    case .notFound: .notFound
    case .unauthorized: .unauthorized
    case .misdirected: .misdirectedRequest
    }
  }

  package var text: String {
    switch self {
    case .methodNotAllowed: "only GET and HEAD are answered here\n"
    case .hasBody: "requests with a body are not taken here\n"
    case .notFound: "there is nothing of that name here; the page is at /\n"
    case .unauthorized:
      "show the token of --http-token-file: Authorization: Bearer TOKEN, or the cookie "
        + "\(AccessRules.cookie)\n"
    case .misdirected:
      "without a token this page answers to localhost and to addresses alone; start it with "
        + "--http-token-file to use a name\n"
    }
  }
}

/// Who is told what.
package struct AccessRules: Sendable {
  /// What the cookie with the token is called, or what its name begins with: cookies know no ports,
  /// so that each of several pages on a host has one of its own (`-` and the port).
  package static let cookie = "terrane-token"

  /// Nil where everybody who reaches the server is told everything.
  package let token: AccessToken?
  /// Whether `/metrics` needs no token.
  package let hasOpenMetrics: Bool

  package init(token: AccessToken?, hasOpenMetrics: Bool) {
    self.token = token
    self.hasOpenMetrics = hasOpenMetrics
  }

  /// - Parameter runs: how many are shown.
  package func judge(_ head: HTTPRequestHead, runs: Int) -> Result<Resource, Rejection> {
    guard head.method == .GET || head.method == .HEAD else { return .failure(.methodNotAllowed) }
    let length = head.headers.first(name: "content-length")
    guard length == nil || length == "0", !head.headers.contains(name: "transfer-encoding") else {
      return .failure(.hasBody)
    }
    let path = String(head.uri.prefix { $0 != "?" && $0 != "#" })
    let resource = Self.resource(path, runs: runs)
    if resource == .health { return .success(.health) }
    if token == nil && !Self.isOfThisMachine(head.headers.first(name: "host")) {
      return .failure(.misdirected)
    }
    let isOpen = resource == .metrics && hasOpenMetrics
    guard isOpen || isAuthorized(head.headers) else {
      return .failure(.unauthorized(wantsPage: resource == .page))
    }
    return resource.map { .success($0) } ?? .failure(.notFound)
  }

  private static func resource(_ path: String, runs: Int) -> Resource? {
    switch path {
    case "/": return .page
    case "/health": return .health
    case "/metrics": return .metrics
    case "/state": return .state
    case "/events": return .events
    default: break
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0].isEmpty, parts[1] == "runs", let run = Int(parts[2]),
      String(run) == parts[2], (0..<runs).contains(run)
    else { return nil }
    switch parts[3] {
    case "configuration": return .configuration(run: run)
    case "picture": return .picture(run: run)
    default: return nil
    }
  }

  private func isAuthorized(_ headers: HTTPHeaders) -> Bool {
    guard let token else { return true }
    let bearer = "bearer "
    for value in headers["authorization"] where value.lowercased().hasPrefix(bearer) {
      if token.isEqual(to: value.dropFirst(bearer.count)) { return true }
    }
    for pair in headers["cookie"].flatMap({ $0.split(separator: ";") }) {
      let trimmed = pair.drop { $0 == " " }
      guard let end = trimmed.firstIndex(of: "="), Self.isCookie(trimmed[..<end]) else { continue }
      if token.isEqual(to: trimmed[trimmed.index(after: end)...]) { return true }
    }
    return false
  }

  private static func isCookie(_ name: Substring) -> Bool {
    guard name.hasPrefix(cookie) else { return false }
    let rest = name.dropFirst(cookie.count)
    return rest.isEmpty || rest.hasPrefix("-")
  }

  /// Whether a `Host` is an address or `localhost`.
  private static func isOfThisMachine(_ host: String?) -> Bool {
    guard let host else { return true }
    let name =
      host.hasPrefix("[")
      ? host.dropFirst().prefix { $0 != "]" } : host.prefix { $0 != ":" }
    if name.lowercased() == "localhost" { return true }
    return !name.isEmpty && (host.hasPrefix("[") || name.allSatisfy { $0.isNumber || $0 == "." })
  }
}

extension Rejection: Error {}
