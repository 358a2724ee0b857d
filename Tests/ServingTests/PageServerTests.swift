// The page's server over real connections: what each answer says.

import Basics
import Foundation
import Serving
import TestSupport
import Testing

@Suite("The page's server", .serialized) struct PageServerTests {
  @Test("The page comes whole, and may run only what came with it")
  func page() throws {
    let served = try Served()
    let (first, second) = (try served.answer("GET /"), try served.answer("GET /"))
    #expect(Answered.status(first) == "200")
    let fields = Answered.fields(first)
    #expect(fields["content-type"] == "text/html; charset=utf-8")
    #expect(fields["cache-control"] == "no-store")
    #expect(fields["x-content-type-options"] == "nosniff")
    #expect(fields["content-length"] == "\(Answered.body(first).utf8.count)")
    let policy = try #require(fields["content-security-policy"])
    let nonce = try #require(
      policy.split(separator: "'nonce-").dropFirst().first?.prefix { $0 != "'" })
    #expect(
      policy == "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; "
        + "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'")
    #expect(Answered.body(first).contains("<script nonce=\"\(nonce)\">"))
    #expect(!Answered.body(second).contains(nonce))
    // Nothing is fetched from elsewhere; the namespace of SVG is a name and no address.
    let addresses = Answered.body(first).components(separatedBy: "http").dropFirst()
      .filter { !$0.hasPrefix("://www.w3.org/2000/svg") && !$0.hasPrefix("s:'") }
    #expect(addresses.isEmpty)
  }

  @Test("Every other answer says what it is")
  func answers() throws {
    let served = try Served()
    #expect(Answered.body(try served.answer("GET /health")) == "ok\n")
    let metrics = try served.answer("GET /metrics")
    #expect(Answered.fields(metrics)["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(Answered.body(metrics).contains("\nterrane_steps_total{run="))
    let state = try served.answer("GET /state")
    #expect(Answered.body(state).hasPrefix("[{\"evaluations\":"))
    let configuration = try served.answer("GET /runs/0/configuration")
    #expect(Answered.body(configuration) == "training:\n  steps: 5\n")
    let head = try served.answer("HEAD /health")
    #expect(Answered.status(head) == "200" && Answered.body(head).isEmpty)
    #expect(Answered.fields(head)["content-length"] == "3")
  }

  @Test("What is not answered is refused by its status")
  func refusals() throws {
    let served = try Served()
    #expect(Answered.status(try served.answer("GET /nothing")) == "404")
    #expect(Answered.status(try served.answer("GET /../../etc/passwd")) == "404")
    #expect(Answered.status(try served.answer("GET /runs/0/picture")) == "404")
    let post = try served.answer("POST /")
    #expect(Answered.status(post) == "405" && Answered.fields(post)["allow"] == "GET, HEAD")
    #expect(Answered.status(try served.answer("GET /", "content-length: 1000000")) == "413")
    #expect(
      Answered.status(try served.answer("GET /", "x: " + String(repeating: "x", count: 20_000)))
        == "400")
    let many = (0..<200).map { "x\($0): y" }.joined(separator: "\r\n")
    #expect(Answered.status(try served.answer("GET /", many)) == "400")
    let peer = try served.connect()
    peer.write(Array("nonsense\r\n\r\n".utf8))
    #expect(Answered.status(peer.read()) == "400")
    peer.vanish()
  }

  @Test("A name of elsewhere is refused, so that no page of others reads this one")
  func rebinding() throws {
    let served = try Served()
    let peer = try served.connect()
    peer.write(Array("GET /state HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n".utf8))
    #expect(Answered.status(peer.read()) == "421")
    peer.vanish()
  }

  @Test("Without its token the page shows a form and nothing of the run")
  func tokens() throws {
    let word = "0123456789abcdef"
    let served = try Served(token: word)
    let refused = try served.answer("GET /")
    #expect(Answered.status(refused) == "401")
    #expect(Answered.fields(refused)["www-authenticate"] == "Bearer realm=\"terrane\"")
    #expect(Answered.body(refused).contains("--http-token-file"))
    #expect(!refused.contains(word) && !refused.contains(served.scratch.path))
    #expect(Answered.status(try served.answer("GET /metrics")) == "401")
    #expect(Answered.status(try served.answer("GET /health")) == "200")
    #expect(
      Answered.status(try served.answer("GET /state", "authorization: Bearer \(word)")) == "200")
    #expect(Answered.status(try served.answer("GET /", "cookie: terrane-token=\(word)")) == "200")
    let open = try Served(token: word, metrics: true)
    #expect(Answered.status(try open.answer("GET /metrics")) == "200")
    #expect(Answered.status(try open.answer("GET /state")) == "401")
  }

  @Test("Who watches gets everything first, then what is new, and the last word")
  func events() throws {
    let served = try Served()
    let peer = try served.connect()
    defer { peer.vanish() }
    peer.write(Array("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    let first = peer.read(until: "\n\n")
    #expect(Answered.fields(first)["content-type"] == "text/event-stream")
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

  @Test("A page of all addresses is announced by a name that others can open")
  func announced() throws {
    let served = try Served(token: "0123456789abcdef", at: "*:0")
    let host = ProcessInfo.processInfo.hostName
    #expect(served.server.address.hasPrefix("http://\(host):"))
    #expect(Answered.status(try served.answer("GET /health")) == "200")
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
    #expect(
      failure("nowhere.invalid:0").contains(
        "the host 'nowhere.invalid' is not known here: no address"))
    #expect(failure("192.0.2.1:0").contains("--http"))
  }
}
