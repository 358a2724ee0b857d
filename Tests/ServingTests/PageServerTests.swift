// The page's server over real connections: what each answer says, and what slow and hostile clients
// come to.

import Basics
import Foundation
import Serving
import TestSupport
import Testing
import TrainingRun

@Suite("The page's server", .serialized) struct PageServerTests {
  private final class Served {
    let scratch: TemporaryFolder
    let server: PageServer
    let port: UInt16

    init(token: String? = nil, metrics: Bool = false) throws {
      scratch = try TemporaryFolder()
      try scratch.write("training:\n  steps: 5\n", to: "configuration.yaml")
      try scratch.write(
        #"{"kind":"step","step":1,"time":1.5,"weightedLoss":0.5,"pairs":4,"seconds":1.0}"# + "\n",
        to: "metrics.jsonl")
      var access: AccessToken?
      if let token {
        try scratch.write(token, to: "token")
        chmod(scratch.file("token"), 0o600)
        access = try AccessToken(fileAt: scratch.file("token"))
      }
      server = try PageServer(
        PageServer.Settings(
          address: try ListenAddress("127.0.0.1:0"),
          rules: AccessRules(token: access, hasOpenMetrics: metrics)))
      port = UInt16(server.address.split(separator: ":").last!.dropLast()) ?? 0
      server.show([RunFolder(scratch.path)])
    }

    deinit { server.close() }

    func connect() throws -> RawPeer { try RawPeer(port: port) }

    /// What is answered to a request, which is the connection's last.
    func answer(_ line: String, _ fields: String...) throws -> String {
      let peer = try connect()
      let head = ([line + " HTTP/1.1", "host: localhost", "connection: close"] + fields)
      peer.write(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8))
      defer { peer.vanish() }
      return peer.read()
    }
  }

  private static func status(_ answer: String) -> String {
    answer.split(separator: " ").dropFirst().first.map(String.init) ?? ""
  }

  /// The fields of an answer by their names in small letters.
  private static func fields(_ answer: String) -> [String: String] {
    let head = answer.components(separatedBy: "\r\n\r\n")[0]
    let pairs = head.components(separatedBy: "\r\n").dropFirst().map {
      $0.split(separator: ":", maxSplits: 1)
    }
    return Dictionary(
      uniqueKeysWithValues: pairs.map {
        ($0[0].lowercased(), $0[1].trimmingCharacters(in: .whitespaces))
      })
  }

  private static func body(_ answer: String) -> String {
    answer.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
  }

  @Test("The page comes whole, and may run only what came with it")
  func page() throws {
    let served = try Served()
    let (first, second) = (try served.answer("GET /"), try served.answer("GET /"))
    #expect(Self.status(first) == "200")
    let fields = Self.fields(first)
    #expect(fields["content-type"] == "text/html; charset=utf-8")
    #expect(fields["cache-control"] == "no-store")
    #expect(fields["x-content-type-options"] == "nosniff")
    #expect(fields["content-length"] == "\(Self.body(first).utf8.count)")
    let policy = try #require(fields["content-security-policy"])
    let nonce = try #require(
      policy.split(separator: "'nonce-").dropFirst().first?.prefix { $0 != "'" })
    #expect(
      policy == "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; "
        + "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'")
    #expect(Self.body(first).contains("<script nonce=\"\(nonce)\">"))
    #expect(!Self.body(second).contains(nonce))
    // Nothing is fetched from elsewhere; the namespace of SVG is a name and no address.
    let addresses = Self.body(first).components(separatedBy: "http").dropFirst()
      .filter { !$0.hasPrefix("://www.w3.org/2000/svg") && !$0.hasPrefix("s:'") }
    #expect(addresses.isEmpty)
  }

  @Test("Every other answer says what it is")
  func answers() throws {
    let served = try Served()
    #expect(Self.body(try served.answer("GET /health")) == "ok\n")
    let metrics = try served.answer("GET /metrics")
    #expect(Self.fields(metrics)["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(Self.body(metrics).contains("\nterrane_steps_total{run="))
    let state = try served.answer("GET /state")
    #expect(Self.body(state).hasPrefix("[{\"evaluations\":"))
    let configuration = try served.answer("GET /runs/0/configuration")
    #expect(Self.body(configuration) == "training:\n  steps: 5\n")
    let head = try served.answer("HEAD /health")
    #expect(Self.status(head) == "200" && Self.body(head).isEmpty)
    #expect(Self.fields(head)["content-length"] == "3")
  }

  @Test("What is not answered is refused by its status")
  func refusals() throws {
    let served = try Served()
    #expect(Self.status(try served.answer("GET /nothing")) == "404")
    #expect(Self.status(try served.answer("GET /../../etc/passwd")) == "404")
    #expect(Self.status(try served.answer("GET /runs/0/picture")) == "404")
    let post = try served.answer("POST /")
    #expect(Self.status(post) == "405" && Self.fields(post)["allow"] == "GET, HEAD")
    #expect(Self.status(try served.answer("GET /", "content-length: 1000000")) == "413")
    #expect(
      Self.status(try served.answer("GET /", "x: " + String(repeating: "x", count: 20_000)))
        == "400")
    let many = (0..<200).map { "x\($0): y" }.joined(separator: "\r\n")
    #expect(Self.status(try served.answer("GET /", many)) == "400")
    let peer = try served.connect()
    peer.write(Array("nonsense\r\n\r\n".utf8))
    #expect(Self.status(peer.read()) == "400")
    peer.vanish()
  }

  @Test("A name of elsewhere is refused, so that no page of others reads this one")
  func rebinding() throws {
    let served = try Served()
    let peer = try served.connect()
    peer.write(Array("GET /state HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n".utf8))
    #expect(Self.status(peer.read()) == "421")
    peer.vanish()
  }

  @Test("Without its token the page shows a form and nothing of the run")
  func tokens() throws {
    let word = "0123456789abcdef"
    let served = try Served(token: word)
    let refused = try served.answer("GET /")
    #expect(Self.status(refused) == "401")
    #expect(Self.fields(refused)["www-authenticate"] == "Bearer realm=\"terrane\"")
    #expect(Self.body(refused).contains("--http-token-file"))
    #expect(!refused.contains(word) && !refused.contains(served.scratch.path))
    #expect(Self.status(try served.answer("GET /metrics")) == "401")
    #expect(Self.status(try served.answer("GET /health")) == "200")
    #expect(Self.status(try served.answer("GET /state", "authorization: Bearer \(word)")) == "200")
    #expect(Self.status(try served.answer("GET /", "cookie: terrane-token=\(word)")) == "200")
    let open = try Served(token: word, metrics: true)
    #expect(Self.status(try open.answer("GET /metrics")) == "200")
    #expect(Self.status(try open.answer("GET /state")) == "401")
  }

  @Test("Who watches gets everything first, then what is new, and the last word")
  func events() throws {
    let served = try Served()
    let peer = try served.connect()
    defer { peer.vanish() }
    peer.write(Array("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    let first = peer.read(until: "\n\n")
    #expect(Self.fields(first)["content-type"] == "text/event-stream")
    #expect(first.contains("event: snapshot\ndata: [{"))
    let file = try FileHandle(
      forWritingTo: URL(fileURLWithPath: served.scratch.file("metrics.jsonl")))
    try file.seekToEnd()
    try file.write(
      contentsOf: Data(
        (#"{"kind":"step","step":2,"time":2.5,"weightedLoss":0.25,"pairs":4,"seconds":1.0}"# + "\n")
          .utf8))
    let second = peer.read(until: "[2,2.5,0.25")
    #expect(second.contains("event: change\n"))
    served.server.close()
    #expect(peer.read().contains("event: end\n"))
  }

  @Test("Half a request, and one that never comes, hold no answer of others up")
  func halfRequests() throws {
    let served = try Served()
    let silent = try (0..<20).map { _ in try served.connect() }
    let half = try (0..<20).map { _ in try served.connect() }
    for peer in half { peer.write(Array("GET / HTTP/1.1\r\nhost: loc".utf8)) }
    #expect(Self.body(try served.answer("GET /health")) == "ok\n")
    for peer in silent + half { peer.vanish() }
  }

  @Test("Of too many connections the first are kept, and when they go others come in")
  func manyConnections() throws {
    let served = try Served()
    let limit = PageServer.connectionLimit
    #expect(limit <= 256)
    let peers = try (0..<limit + 44).map { _ in try served.connect() }
    // Connections come in the order in which they were made.
    #expect(peers[limit + 34].waitForEnd())
    peers[0].write(Array("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    #expect(Self.body(peers[0].read(until: "ok\n")) == "ok\n")
    for peer in peers { peer.vanish() }
    try wait(for: "room for another connection", evidence: "") {
      try served.answer("GET /health").hasSuffix("ok\n")
    }
  }

  @Test("Who asks and never reads costs nobody else anything")
  func slowReaders() throws {
    let served = try Served()
    let peers = try (0..<50).map { _ in try served.connect() }
    for peer in peers {
      // Of all that is asked for here, nothing is taken.
      peer.write(
        Array(String(repeating: "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", count: 50).utf8))
      peer.write(Array("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    }
    let before = try #require(ResidentMemory.bytes())
    for _ in 0..<20 { #expect(Self.body(try served.answer("GET /health")) == "ok\n") }
    #expect(try #require(ResidentMemory.bytes()) - before < 64 << 20)
    for peer in peers { peer.vanish() }
  }

  @Test("A port that is taken, an unknown host and an open door without a token are told before")
  func cannotListen() throws {
    let served = try Served()
    func failure(_ address: String) -> String {
      do {
        let rules = AccessRules(token: nil, hasOpenMetrics: false)
        let server = try PageServer(
          PageServer.Settings(address: try ListenAddress(address), rules: rules))
        server.close()
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      failure("127.0.0.1:\(served.port)").hasPrefix(
        "--http: another program listens on 127.0.0.1:\(served.port) already"))
    #expect(failure("*:0").contains("name a file with a token by --http-token-file"))
    #expect(failure("nowhere.invalid:0").contains("the host 'nowhere.invalid' is not known here"))
    #expect(failure("192.0.2.1:0").contains("--http"))
  }
}
