// Who is told what, without a socket.

import Basics
import Foundation
import NIOHTTP1
import Serving
import TestSupport
import Testing

@Suite("Rules of the page's server") struct AccessTests {
  private static let word = "0123456789abcdef-token"

  private func token() throws -> AccessToken {
    let folder = try TemporaryFolder()
    try folder.write(Self.word + "\n", to: "token")
    chmod(folder.file("token"), 0o600)
    return try AccessToken(fileAt: folder.file("token"))
  }

  private func judge(
    _ rules: AccessRules, _ uri: String, method: HTTPMethod = .GET,
    _ headers: (String, String)...
  ) -> Result<Resource, Rejection> {
    rules.judge(
      HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: HTTPHeaders(headers)),
      runs: 2)
  }

  @Test("Paths are known ones or none, whatever they are dressed as")
  func paths() {
    let rules = AccessRules(token: nil, hasOpenMetrics: false)
    let known: [(String, Resource)] = [
      ("/", .page), ("/?a=b", .page), ("/health", .health), ("/metrics", .metrics),
      ("/state", .state), ("/events", .events), ("/runs/1/picture?5", .picture(run: 1)),
      ("/runs/0/configuration", .configuration(run: 0)),
    ]
    for (uri, resource) in known { #expect(judge(rules, uri) == .success(resource)) }
    for uri in [
      "/runs/2/picture", "/runs/-1/picture", "/runs/00/picture", "/runs/+1/picture",
      "/../etc/passwd", "/runs/0/../../etc/passwd", "/runs/0/picture/", "//", "", "/%2e%2e/",
      "/runs/0/checkpoints", "http://elsewhere/", "/runs/99999999999999999999/picture", "*",
    ] { #expect(judge(rules, uri) == .failure(.notFound)) }
  }

  @Test("Only GET and HEAD are answered, and no body is taken")
  func methods() {
    let rules = AccessRules(token: nil, hasOpenMetrics: false)
    for method in [HTTPMethod.POST, .PUT, .DELETE, .OPTIONS, .TRACE, .CONNECT] {
      #expect(judge(rules, "/", method: method) == .failure(.methodNotAllowed))
    }
    #expect(judge(rules, "/", method: .HEAD) == .success(.page))
    #expect(judge(rules, "/", ("content-length", "5")) == .failure(.hasBody))
    #expect(judge(rules, "/", ("transfer-encoding", "chunked")) == .failure(.hasBody))
    #expect(judge(rules, "/", ("content-length", "0")) == .success(.page))
  }

  @Test("With a token, all but /health asks for it: as bearer or cookie")
  func tokens() throws {
    let rules = AccessRules(token: try token(), hasOpenMetrics: false)
    #expect(judge(rules, "/health") == .success(.health))
    #expect(judge(rules, "/") == .failure(.unauthorized(wantsPage: true)))
    for uri in ["/metrics", "/state", "/events", "/runs/0/picture", "/nothing"] {
      #expect(judge(rules, uri) == .failure(.unauthorized(wantsPage: false)))
    }
    #expect(judge(rules, "/state", ("authorization", "Bearer \(Self.word)")) == .success(.state))
    #expect(judge(rules, "/state", ("authorization", "bearer \(Self.word)")) == .success(.state))
    let cookie = ("cookie", "a=b; terrane-token=\(Self.word); c=d")
    #expect(judge(rules, "/state", cookie) == .success(.state))
    // Pages of other ports have theirs beside it.
    let several = ("cookie", "terrane-token-81=other; terrane-token-8080=\(Self.word)")
    #expect(judge(rules, "/state", several) == .success(.state))
    for name in ["terrane-tokens", "a-terrane-token", "terrane-token-81", ""] {
      let value = name == "terrane-token-81" ? "other" : Self.word
      #expect(
        judge(rules, "/state", ("cookie", "\(name)=\(value)"))
          == .failure(.unauthorized(wantsPage: false)))
    }
    for wrong in ["", Self.word.dropLast().description, Self.word + "x", Self.word.uppercased()] {
      #expect(
        judge(rules, "/state", ("authorization", "Bearer \(wrong)"))
          == .failure(.unauthorized(wantsPage: false)))
    }
    #expect(judge(rules, "/?token=\(Self.word)") == .failure(.unauthorized(wantsPage: true)))
  }

  @Test("Metrics may be open where the rest is not")
  func openMetrics() throws {
    let rules = AccessRules(token: try token(), hasOpenMetrics: true)
    #expect(judge(rules, "/metrics") == .success(.metrics))
    #expect(judge(rules, "/state") == .failure(.unauthorized(wantsPage: false)))
  }

  @Test("Without a token no other name than this machine's is answered to")
  func names() {
    let rules = AccessRules(token: nil, hasOpenMetrics: false)
    for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:9", "[::1]:8080"] {
      #expect(judge(rules, "/", ("host", host)) == .success(.page))
    }
    for host in ["evil.example", "127.0.0.1.evil.example", ""] {
      #expect(judge(rules, "/", ("host", host)) == .failure(.misdirected))
      #expect(judge(rules, "/health", ("host", host)) == .success(.health))
    }
  }

  @Test("A token's file must be there, be nobody else's, and hold a token")
  func tokenFiles() throws {
    let folder = try TemporaryFolder()
    func reason(_ text: String?, mode: mode_t = 0o600) throws -> String {
      let path = folder.file("token")
      try? Files.remove(path)
      if let text {
        try folder.write(text, to: "token")
        chmod(path, mode)
      }
      do {
        _ = try AccessToken(fileAt: path)
        return ""
      } catch { return "\(error)" }
    }
    #expect(try reason(nil).contains("there is no such file; make one by (umask 077;"))
    #expect(try reason(Self.word, mode: 0o640).contains("others may read it"))
    #expect(try reason(Self.word, mode: 0o604).contains("chmod 600"))
    for text in [
      "", "short", "spaces are not allowed here", "0123456789abcdef;x", "ü23456789abcdefgh",
    ] {
      #expect(try reason(text).contains("its first line is not a token"))
    }
    #expect(try reason(String(repeating: "x", count: 5000)).contains("is not a token"))
    #expect(throws: ServingError.self) { try AccessToken(fileAt: folder.path) }
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    #expect(throws: ServingError.self) { try AccessToken(fileAt: folder.file("pipe")) }
    let named = #expect(throws: ServingError.self) {
      try AccessToken(fileAt: folder.file("none"), option: "--token-file")
    }
    #expect("\(try #require(named))".hasPrefix("--token-file \(folder.file("none")): there is no"))
    #expect(try reason(Self.word + "\r\nmore\n") == "")
  }

  @Test("An address is a host and a port")
  func addresses() throws {
    #expect(try ListenAddress("127.0.0.1:8080").port == 8080)
    #expect(try ListenAddress("[::1]:0").host == "::1")
    #expect(try ListenAddress("*:80").host == "0.0.0.0")
    for text in [
      "8080", "127.0.0.1", "127.0.0.1:", ":8080", "a:b", "::1:80", "a b:80", "h:65536", "h:+80",
    ] {
      #expect(throws: ServingError.notAnAddress(text)) { try ListenAddress(text) }
    }
  }
}
