// What a connecting endpoint says while it cannot connect.

import Basics
import Foundation
import TestSupport
import Testing
import Transport

@Suite("What a connecting endpoint says of its trouble") struct TroubleTests {
  private func nextTrouble(of peer: Endpoint) -> ConnectionTrouble? {
    while let event = peer.receive(timeout: patience) {
      if case .trouble(let trouble) = event { return trouble }
    }
    return nil
  }

  /// Machines differ in how soon an address fails that nobody has.
  private func nextNews(of peer: Endpoint) -> Received? {
    while let event = peer.receive(timeout: patience) {
      if case .trouble = event { continue }
      return event
    }
    return nil
  }

  @Test("A name is tried at all its addresses until one answers, and found again")
  func name() throws {
    let hub = try Endpoint.listen("tcp://127.0.0.1:*")
    let port = hub.boundAddress.split(separator: ":").last ?? ""
    let peer = try Endpoint.connect("tcp://localhost:\(port)")
    defer { peer.close(linger: .zero) }
    #expect(peer.send([[1], [2]], timeout: .zero) == .accepted)
    #expect(hub.nextMessage()?.frames == [[1], [2]])
    #expect(nextNews(of: peer) == .connected)
    hub.close(linger: .zero)
    #expect(nextNews(of: peer) == .disconnected(peer: nil))
    let again = try Endpoint.listen("tcp://127.0.0.1:\(port)")
    defer { again.close(linger: .zero) }
    #expect(peer.send([[3]], timeout: .zero) == .accepted)
    #expect(again.nextMessage()?.frames == [[3]])
  }

  @Test("A name that does not resolve is told, and closing does not wait for the name service")
  func unknownName() throws {
    let peer = try Endpoint.connect("tcp://head.invalid:5570")
    let trouble = try #require(nextTrouble(of: peer))
    #expect("\(trouble)".hasPrefix("head.invalid does not resolve"), "\(trouble)")
    let began = Instant.monotonicNow()
    peer.close(linger: .zero)
    #expect(Instant.monotonicNow() - began < .seconds(2))
  }

  @Test("A file with the address is read until it has one, and again when that one fails")
  func addressFile() throws {
    let folder = try TemporaryFolder()
    let file = AddressFile(folder.file("address"))
    let peer = try Endpoint.connect(.file(file))
    defer { peer.close(linger: .zero) }
    #expect(
      nextTrouble(of: peer)
        == .noAddress(file: file.path, reason: "there is no such file yet"))
    for (text, reason) in [
      ("", "it is empty"), ("head:5570\n", "what it holds is not an address"),
    ] {
      try folder.write(text, to: "address")
      #expect(nextTrouble(of: peer) == .noAddress(file: file.path, reason: reason))
    }
    try file.write("tcp://head.invalid:5570")
    let unknown = try #require(nextTrouble(of: peer))
    #expect(
      "\(unknown)".hasPrefix("no address in \(file.path): it names head.invalid, which does not"))
    for _ in 1...2 {
      let hub = try Endpoint.listen("tcp://127.0.0.1:*")
      try file.write(hub.boundAddress)
      #expect(nextNews(of: peer) == .connected)
      hub.close(linger: .zero)
      #expect(nextNews(of: peer) == .disconnected(peer: nil))
    }
    file.remove("tcp://another:1")
    #expect(Files.exists(file.path) && file.objection == nil)
    // A device must not be replaced by a file.
    for place in [folder.path, "/dev/null"] {
      #expect(AddressFile(place).objection == "\(place) is there already and is not a file")
    }
    #expect(AddressFile(file.path + "/x").objection == "there is no folder \(file.path)")
  }

  @Test("That nobody listens, and that something else does, are told apart")
  func strangers() throws {
    let listener = try RawListener()
    let address = listener.address
    let other = try Endpoint.connect(address)
    defer { other.close(linger: .zero) }
    let hub = try Endpoint.listen("tcp://127.0.0.1:*")
    let left = hub.boundAddress
    hub.close(linger: .zero)
    let alone = try Endpoint.connect(left)
    defer { alone.close(linger: .zero) }
    let silent = try #require(listener.accept())
    defer { silent.vanish() }
    #expect(nextTrouble(of: alone) == .nobodyListens(address: left))
    #expect(nextTrouble(of: other) == .noHandshake(address: address))
  }
}
