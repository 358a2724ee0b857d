// The addresses that a name resolves to, tried in turn.

import Basics
import TestSupport
import Testing
import Transport

@Suite("Addresses of a name") struct AddressRotationTests {
  private static let start = Instant(nanoseconds: 0)
  private var rotation = AddressRotation(
    firstPause: .milliseconds(100), longestPause: .milliseconds(300), now: Self.start)

  private func time(_ milliseconds: Int) -> Instant { Self.start + .milliseconds(milliseconds) }

  @Test("All are tried in turn, and then the name is looked up again, ever more patiently")
  mutating func inTurn() {
    var orders = [rotation.due(at: time(0)), rotation.due(at: time(0))]
    #expect(orders == [.lookUp, nil])
    orders = [
      rotation.lookedUp(["v6", "v4"], at: time(1)), rotation.failed(at: time(2)),
      rotation.failed(at: time(3)), rotation.due(at: time(102)), rotation.due(at: time(103)),
    ]
    #expect(orders == [.connect("v6"), .connect("v4"), nil, nil, .lookUp])
    orders = [rotation.lookedUp([], at: time(110))]
    #expect(rotation.deadline == time(310))
    orders += [rotation.due(at: time(310)), rotation.lookedUp([], at: time(320))]
    #expect(rotation.deadline == time(620))
    orders += [rotation.due(at: time(620)), rotation.lookedUp([], at: time(630))]
    #expect(rotation.deadline == time(930))
    #expect(orders == [nil, .lookUp, nil, .lookUp, nil])
  }

  @Test("An address that does not answer keeps the next one waiting for three seconds")
  mutating func silent() {
    _ = rotation.due(at: time(0))
    _ = rotation.lookedUp(["silent", "good"], at: time(0))
    #expect(rotation.deadline == time(3000))
    #expect(!rotation.isAttemptOver(at: time(2999)))
    #expect(rotation.isAttemptOver(at: time(3000)))
    let orders = [rotation.due(at: time(2999)), rotation.due(at: time(3000))]
    #expect(orders == [nil, .connect("good")])
  }

  @Test("After a connection the same address has another chance, then the others")
  mutating func lost() {
    _ = rotation.due(at: time(0))
    _ = rotation.lookedUp(["one", "two"], at: time(0))
    rotation.connected()
    #expect(rotation.deadline == nil)
    rotation.repeated(at: time(10_000))
    let orders = [rotation.due(at: time(12_999)), rotation.due(at: time(13_000))]
    #expect(orders == [nil, .connect("two")])
  }

  @Test("Names are looked up; numbers, sockets and what ZeroMQ has to judge are not")
  func names() throws {
    let host = try #require(HostName(in: "tcp://head-1.cluster_a:5570"))
    #expect(host.name == "head-1.cluster_a" && host.port == "5570")
    let others = [
      "tcp://10.0.0.7:5570", "tcp://[::1]:5570", "tcp://a;b:5570", "ipc:///tmp/s", "tcp://:5570",
      "tcp://head:*", "tcp://head",
    ]
    for other in others { #expect(HostName(in: other) == nil) }
  }

  @Test("What a listener is reached at is an address that others can use")
  func reachable() throws {
    let folder = try TemporaryFolder()
    for (address, start) in [
      ("tcp://*:0", "tcp://head:"), ("tcp://127.0.0.1:0", "tcp://127.0.0.1:"),
      (folder.address, folder.address),
    ] {
      let hub = try Endpoint.listen(address)
      defer { hub.close(linger: .zero) }
      let reachable = hub.address(onMachine: "head")
      #expect(reachable.hasPrefix(start), "\(reachable)")
      // The same is said in the log, without IPv6's way to write it.
      #expect(!hub.boundAddress.contains("ffff"), "\(hub.boundAddress)")
      let port = reachable.split(separator: ":").last ?? ""
      #expect(hub.boundAddress.hasSuffix(port) && port != "0", "\(reachable)")
    }
  }

  @Test("What a name resolves to is spelled as addresses")
  func resolution() throws {
    let host = try #require(HostName(in: "tcp://localhost:5570"))
    guard case .addresses(let found) = host.lookUp() else {
      Issue.record("localhost does not resolve")
      return
    }
    #expect(Set(found).count == found.count)
    #expect(Set(found).isSubset(of: ["tcp://127.0.0.1:5570", "tcp://[::1]:5570"]))
  }
}
