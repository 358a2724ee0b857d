// What becomes of the page's server, and of others who ask it, whatever clients and a run's folder
// do.

import Basics
import Foundation
import Observability
import Serving
import TestSupport
import Testing

@Suite("The page's server, among slow and hostile clients", .serialized) struct PageClientsTests {
  @Test("When a run goes on from an earlier step, its events are told anew")
  func resumed() throws {
    let served = try Served()
    func write(_ steps: ClosedRange<Int>, events: Int) throws {
      let steps = steps.map {
        #"{"kind":"step","step":\#($0),"time":1.5,"weightedLoss":0.5,"pairs":4,"seconds":1.0}"#
      }
      let event = #"{"kind":"event","step":0,"time":1.5,"event":"joined"}"#
      let lines = [String](repeating: event, count: events) + steps
      try served.scratch.write(lines.joined(separator: "\n") + "\n", to: "next")
      try Files.rename(served.scratch.file("next"), to: served.scratch.file("metrics.jsonl"))
    }
    let peer = try served.connect()
    defer { peer.vanish() }
    peer.write(Array("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    #expect(peer.read(until: "\n\n").contains("event: snapshot\n"))
    try write(1...3, events: 2)
    // Keys come in the order of letters.
    let anew = "\"eventsBeginAnew\":true"
    #expect(peer.read(until: anew).contains("\"number\":2,"))
    try write(1...1, events: 1)
    let second = peer.read(until: anew)
    #expect(second.contains("\"number\":3,") && !second.contains("\"number\":2,"))
  }

  @Test("Who watches beyond what is allowed is told so, and finds room when others leave")
  func crowd() throws {
    let served = try Served()
    try #require(PageServer.connectionLimit > 210)
    let peers = try (0..<200).map { _ in try served.connect() }
    for peer in peers {
      peer.write(Array("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
      #expect(peer.read(until: "event: snapshot").contains("event: snapshot"))
    }
    let refused = try served.answer("GET /events")
    #expect(Answered.status(refused) == "503")
    #expect(Answered.body(refused).hasPrefix("200 browsers watch already"))
    for peer in peers { peer.vanish() }
    try wait(for: "room for one who watches", evidence: "") {
      let peer = try served.connect()
      defer { peer.vanish() }
      peer.write(Array("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
      return peer.read(until: "\r\n\r\n").contains("200 OK")
    }
  }

  @Test("A sheet of reconstructions is the newest one, and costs once, whoever does not take it")
  func pictures() throws {
    let served = try Served()
    try served.scratch.write("first", to: "reconstruction.png")
    #expect(Answered.body(try served.answer("GET /runs/0/picture")) == "first")
    let large = String(repeating: "p", count: 16 << 20)
    try served.scratch.write(large, to: "reconstruction.png")
    #expect(Answered.body(try served.answer("GET /runs/0/picture")).utf8.count == 16 << 20)
    let before = try #require(ResidentMemory.bytes())
    let peers = try (0..<30).map { _ in try served.connect() }
    for peer in peers {
      peer.write(Array("GET /runs/0/picture HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    }
    for _ in 0..<20 { #expect(Answered.body(try served.answer("GET /health")) == "ok\n") }
    #expect(try #require(ResidentMemory.bytes()) - before < 100 << 20)
    for peer in peers { peer.vanish() }
    try Files.remove(served.scratch.file("reconstruction.png"))
    #expect(Answered.status(try served.answer("GET /runs/0/picture")) == "404")
  }

  @Test("Pipes in a run's folder hold no answer and no end up", .timeLimit(.minutes(1)))
  func pipes() throws {
    let served = try Served()
    try Files.createFolder(served.scratch.file("journal"))
    for name in ["journal/x", "reconstruction.png", "status.json"] {
      #expect(mkfifo(served.scratch.file(name), 0o600) == 0)
    }
    served.server.show([RunFolder(served.scratch.path)])
    #expect(Answered.body(try served.answer("GET /health")) == "ok\n")
    #expect(Answered.status(try served.answer("GET /runs/0/picture")) == "404")
    served.server.close()
  }

  @Test("Half a request, and one that never comes, hold no answer of others up")
  func halfRequests() throws {
    let served = try Served()
    let silent = try (0..<20).map { _ in try served.connect() }
    let half = try (0..<20).map { _ in try served.connect() }
    for peer in half { peer.write(Array("GET / HTTP/1.1\r\nhost: loc".utf8)) }
    #expect(Answered.body(try served.answer("GET /health")) == "ok\n")
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
    #expect(Answered.body(peers[0].read(until: "ok\n")) == "ok\n")
    for peer in peers { peer.vanish() }
    try wait(for: "room for another connection", evidence: "") {
      try served.answer("GET /health").hasSuffix("ok\n")
    }
  }

  @Test("Who asks and never reads costs nobody else anything")
  func slowReaders() throws {
    let served = try Served()
    _ = try served.answer("GET /")
    let before = try #require(ResidentMemory.bytes())
    let peers = try (0..<50).map { _ in try served.connect() }
    for peer in peers {
      // Of all that is asked for here, nothing is taken.
      peer.write(
        Array(String(repeating: "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", count: 50).utf8))
      peer.write(Array("GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8))
    }
    for _ in 0..<20 { #expect(Answered.body(try served.answer("GET /health")) == "ok\n") }
    #expect(try #require(ResidentMemory.bytes()) - before < 64 << 20)
    for peer in peers { peer.vanish() }
  }

  @Test("Why a page elsewhere gives nothing is told in the system's words")
  func unreachable() throws {
    func reason(_ address: String) -> String {
      do {
        _ = try StateClient(address, token: nil).views()
        return ""
      } catch { return "\(error)" }
    }
    #expect(reason("127.0.0.1:1") == "http://127.0.0.1:1 does not answer: Connection refused")
    #expect(
      reason("nowhere.invalid:1")
        == "http://nowhere.invalid:1 does not answer: no address is known of it")
    let listener = try RawListener()
    let thread = try SystemThread("elsewhere") {
      for answer in ["", "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 65 << 20)] {
        guard let peer = listener.accept() else { return }
        _ = peer.read(until: "\r\n\r\n")
        peer.write(Array(answer.utf8))
        peer.vanish()
      }
    }
    #expect(
      reason("127.0.0.1:\(listener.port)").hasSuffix("before the answer was whole"))
    #expect(
      reason("127.0.0.1:\(listener.port)")
        == "http://127.0.0.1:\(listener.port) answers with more than 64 MiB: it is no page of "
        + "Terrane")
    thread.join()
  }
}
