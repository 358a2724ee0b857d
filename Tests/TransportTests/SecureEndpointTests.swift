// Endpoints with keys: who is let in, who is not and why, and what becomes of a key that is
// removed.

import Basics
import Foundation
import TestSupport
import Testing
import Transport

@Suite("Endpoints with keys", .serialized) struct SecureEndpointTests {
  let listener: SecretKey
  let alice: SecretKey
  let admission: Admission
  let hub: Endpoint

  init() throws {
    listener = try .generate()
    alice = try .generate()
    admission = Admission([alice.publicKey: "alice"])
    hub = try Endpoint.listen(
      "tcp://127.0.0.1:*", security: .listening(key: listener, admission: admission))
  }

  private func connect(
    _ key: SecretKey, to listener: PublicKey? = nil, limits: EndpointLimits = EndpointLimits()
  ) throws -> Endpoint {
    try Endpoint.connect(
      hub.boundAddress, limits: limits,
      security: .connecting(key: key, listener: listener ?? self.listener.publicKey))
  }

  private func impatient() -> EndpointLimits {
    var limits = EndpointLimits()
    limits.troublePatience = .zero
    return limits
  }

  /// Whether this is among what the peer says before it is connected: which side finds out first is
  /// a matter of time, and each of its attempts may tell more.
  private func hears(_ trouble: ConnectionTrouble, _ peer: Endpoint) -> Bool {
    while let event = peer.receive(timeout: patience) {
      if event == .trouble(trouble) { return true }
      if event == .connected { return false }
    }
    return false
  }

  private func turnedAway() -> TurnedAway? {
    while let event = hub.receive(timeout: patience) {
      if case .turnedAway(let stranger) = event, stranger != .silent { return stranger }
    }
    return nil
  }

  @Test("Who is admitted talks both ways in the largest frames, in the name of the key")
  func admitted() throws {
    defer { hub.close(linger: .zero) }
    let peer = try connect(alice)
    defer { peer.close(linger: .zero) }
    let largest = [UInt8](repeating: 7, count: EndpointLimits().frameBytes)
    let frames = [[1], largest, [], [2, 3]]
    for _ in 0..<20 {
      #expect(peer.send(frames, timeout: patience) == .accepted)
      let (from, received) = try #require(hub.nextMessage())
      #expect(received == frames)
      #expect(from?.member?.key == alice.publicKey && from?.member?.name == "alice")
      #expect(hub.send(received, to: from, timeout: patience) == .accepted)
      #expect(try #require(peer.nextMessage()).frames == frames)
    }
  }

  @Test("A key that is not admitted is refused, and each side says so")
  func unlisted() throws {
    defer { hub.close(linger: .zero) }
    let peer = try connect(.generate(), limits: impatient())
    defer { peer.close(linger: .zero) }
    #expect(peer.send([[1]], timeout: .zero) == .accepted)
    #expect(hears(.keyUnknown(address: hub.boundAddress), peer))
    #expect(turnedAway() == .unknownKey(origin: PeerOrigin(host: "127.0.0.1")))
  }

  @Test("Without a key, with a key for another listener, and at one without keys")
  func mismatch() throws {
    defer { hub.close(linger: .zero) }
    let plain = try Endpoint.connect(hub.boundAddress, limits: impatient())
    defer { plain.close(linger: .zero) }
    #expect(hears(.keyWanted(address: hub.boundAddress), plain))
    #expect(turnedAway() == .withoutKey)
    let astray = try connect(alice, to: SecretKey.generate().publicKey, limits: impatient())
    defer { astray.close(linger: .zero) }
    #expect(hears(.otherListener(address: hub.boundAddress), astray))
    let open = try Endpoint.listen("tcp://127.0.0.1:*")
    defer { open.close(linger: .zero) }
    let careful = try Endpoint.connect(
      open.boundAddress, limits: impatient(),
      security: .connecting(key: alice, listener: listener.publicKey))
    defer { careful.close(linger: .zero) }
    #expect(hears(.noKeyThere(address: open.boundAddress), careful))
  }

  @Test("Whose key is removed is cut off at once, whether it has spoken or not, and can come back")
  func removed() throws {
    defer { hub.close(linger: .zero) }
    let bob = try SecretKey.generate()
    admission.replace([alice.publicKey: "alice", bob.publicKey: "bob"])
    let (speaks, keeps, silent) = (try connect(bob), try connect(alice), try connect(bob))
    defer { for peer in [speaks, keeps, silent] { peer.close(linger: .zero) } }
    for peer in [speaks, keeps, silent] { #expect(peer.receive(timeout: patience) == .connected) }
    for peer in [speaks, keeps] { #expect(peer.send([[1]], timeout: patience) == .accepted) }
    let peers = [try #require(hub.nextMessage()).peer, try #require(hub.nextMessage()).peer]
    admission.replace([alice.publicKey: "alice"])
    for peer in [speaks, silent] {
      #expect(peer.receive(timeout: patience) == .disconnected(peer: nil))
      #expect(hears(.keyUnknown(address: hub.boundAddress), peer))
    }
    #expect(keeps.send([[2]], timeout: patience) == .accepted)
    #expect(try #require(hub.nextMessage()).peer?.member?.name == "alice")
    #expect(Set(peers.map { $0?.member?.name }) == ["alice", "bob"])
    admission.replace([alice.publicKey: "alice", bob.publicKey: "robert"])
    #expect(speaks.receive(timeout: patience) == .connected)
    #expect(speaks.send([[3]], timeout: patience) == .accepted)
    #expect(try #require(hub.nextMessage()).peer?.member?.name == "robert")
  }

  @Test("Strangers that flood a listener cost one word a second, and members nothing")
  func flood() throws {
    defer { hub.close(linger: .zero) }
    let peer = try connect(alice)
    defer { peer.close(linger: .zero) }
    let port = try #require(UInt16(hub.boundAddress.split(separator: ":").last ?? ""))
    let began = Instant.monotonicNow()
    for _ in 0..<200 {
      let stranger = try RawPeer(port: port)
      stranger.shakeHands()
      stranger.vanish()
    }
    #expect(peer.send([[1]], timeout: patience) == .accepted)
    var words = 0
    while let event = hub.receive(timeout: patience) {
      if case .turnedAway = event { words += 1 }
      if case .message = event { break }
    }
    #expect(words <= 1 + Int((Instant.monotonicNow() - began).seconds))
  }
}
