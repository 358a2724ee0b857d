// Peers that send what no Terrane sends, against a listening or connecting endpoint.

import Basics
import Foundation
import TestSupport
import Testing
import Transport

@Suite("Hostile peers", .serialized) struct HostilePeerTests {
  private func listen(_ change: (inout EndpointLimits) -> Void = { _ in }) throws -> Endpoint {
    var limits = EndpointLimits()
    change(&limits)
    return try Endpoint.listen("tcp://127.0.0.1:*", limits: limits)
  }

  private func connect(to hub: Endpoint) throws -> RawPeer {
    let port = try #require(UInt16(hub.boundAddress.split(separator: ":").last ?? ""))
    return try RawPeer(port: port)
  }

  private func greet(_ hub: Endpoint, name: [UInt8] = []) throws -> RawPeer {
    let raw = try connect(to: hub)
    raw.shakeHands(name: name)
    return raw
  }

  @Test("Of a peer that was cut off nothing more is heard but that it has gone")
  func cutOff() throws {
    let hub = try listen { $0.inboxBytes = 1 << 10 }
    defer { hub.close(linger: .zero) }
    let raw = try greet(hub)
    for index in UInt8(0)..<100 { raw.sendFrame([index]) }
    let name = try #require(hub.nextMessage()?.peer)
    hub.disconnect(name)
    #expect(hub.send([[1]], to: name, timeout: .zero) == .gone)
    #expect(hub.receive(timeout: patience) == .disconnected(peer: name))
    #expect(raw.waitForEnd())
    raw.vanish()
    // The inbox was full of its messages.
    let good = try Endpoint.connect(hub.boundAddress)
    defer { good.close(linger: .zero) }
    for index in UInt8(0)..<100 { #expect(good.send([[index]], timeout: patience) == .accepted) }
    for index in UInt8(0)..<100 { #expect(hub.nextMessage()?.frames == [[index]]) }
  }

  @Test("A connecting endpoint that cuts its listener off connects again")
  func reconnects() throws {
    let hub = try listen()
    defer { hub.close(linger: .zero) }
    let peer = try Endpoint.connect(hub.boundAddress)
    defer { peer.close(linger: .zero) }
    #expect(peer.receive(timeout: patience) == .connected)
    #expect(peer.send([[1]], timeout: .zero) == .accepted)
    let old = try #require(hub.nextMessage()?.peer)
    for _ in 0..<5 { #expect(hub.send([[2]], to: old, timeout: patience) == .accepted) }
    #expect(peer.nextMessage()?.frames == [[2]])
    peer.disconnect()
    #expect(peer.receive(timeout: patience) == .disconnected(peer: nil))
    #expect(peer.receive(timeout: patience) == .connected)
    #expect(peer.send([[3]], timeout: .zero) == .accepted)
    #expect(hub.receive(timeout: patience) == .disconnected(peer: old))
    let (new, frames) = try #require(hub.nextMessage())
    #expect(frames == [[3]])
    #expect(new != old)
    #expect(hub.send([[4]], to: new, timeout: .zero) == .accepted)
    #expect(peer.nextMessage()?.frames == [[4]])
  }

  @Test("A connecting endpoint that meets what is not a listener goes on trying until there is one")
  func meetsNonsense() throws {
    let listener = try RawListener()
    let peer = try Endpoint.connect(listener.address)
    defer { peer.close(linger: .zero) }
    let greeting = RawPeer.greeting + RawPeer.ready(as: "ROUTER")
    let nonsense: [[UInt8]] = [
      [], Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), RawPeer.greeting,
      RawPeer.greeting + RawPeer.ready(as: "PUB"),
      // A frame with flags that there are not, and one that is too long.
      greeting + [0xFF, 1, 0], greeting + [2, 0x40, 0, 0, 0, 0, 0, 0, 0],
    ]
    for bytes in nonsense {
      let raw = try #require(listener.accept())
      raw.write(bytes)
      raw.finish()
    }
    let raw = try #require(listener.accept())
    raw.shakeHands(as: "ROUTER")
    raw.sendFrame([5])
    #expect(peer.nextMessage()?.frames == [[5]])
    raw.vanish()
  }

  @Test(
    "Names that peers give themselves count for nothing, be they another's or none that there is")
  func named() throws {
    let hub = try listen()
    defer { hub.close(linger: .zero) }
    let friend = try Endpoint.connect(hub.boundAddress)
    defer { friend.close(linger: .zero) }
    #expect(friend.send([[1]], timeout: patience) == .accepted)
    let known = try #require(hub.nextMessage()?.peer)
    var peers: Set<Peer> = [known]
    for name in [known.identity, [1], [1], [0, 1, 2, 3], [UInt8](repeating: 0, count: 300)] {
      let raw = try greet(hub, name: name)
      defer { raw.vanish() }
      raw.sendFrame([2])
      let (peer, frames) = try #require(hub.nextMessage())
      #expect(frames == [[2]])
      #expect(peers.insert(try #require(peer)).inserted)
    }
    #expect(hub.send([[3]], to: known, timeout: .zero) == .accepted)
    #expect(friend.nextMessage()?.frames == [[3]])
  }

  @Test("A listener outlives peers that claim the names which its next connections are given")
  func claimed() throws {
    let hub = try listen()
    defer { hub.close(linger: .zero) }
    let first = try greet(hub)
    defer { first.vanish() }
    first.sendFrame([1])
    let name = try #require(hub.nextMessage()?.peer).identity
    let count = name.dropFirst().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let claims = try (0..<100).map { index in
      let next = count &+ UInt32(index)
      return try greet(hub, name: [0] + withUnsafeBytes(of: next.bigEndian) { Array($0) })
    }
    defer { for claim in claims { claim.vanish() } }
    for round in UInt8(0)..<20 {
      let peer = try Endpoint.connect(hub.boundAddress)
      defer { peer.close(linger: .zero) }
      #expect(peer.send([[round]], timeout: patience) == .accepted)
      #expect(hub.nextMessage()?.frames == [[round]])
    }
  }

  @Test("Names that the next connections are given differ from listener to listener")
  func startsAtRandom() throws {
    let names = try (0..<3).map { _ in
      let hub = try listen()
      defer { hub.close(linger: .zero) }
      let raw = try greet(hub)
      defer { raw.vanish() }
      raw.sendFrame([1])
      return try #require(hub.nextMessage()?.peer).identity
    }
    // The first number of the C library's generator when nobody seeds it.
    #expect(!names.contains([0, 0x6B, 0x8B, 0x45, 0x67]))
    #expect(Set(names).count == 3)
  }

  @Test(
    "Peers of old protocols, which give their names before any handshake, are refused",
    arguments: [
      [1, 0, 0, 1, 7], [6, 0, 0, 1, 2, 3, 4, 2, 0, 7],
      [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 0, 5, 0, 0, 0, 1, 7],
      [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 1, 5, 0, 5, 0, 1, 2, 3, 4, 0, 1, 7],
    ] as [[UInt8]])
  func oldProtocols(bytes: [UInt8]) throws {
    let hub = try listen()
    defer { hub.close(linger: .zero) }
    let raw = try connect(to: hub)
    defer { raw.vanish() }
    raw.write(bytes)
    #expect(raw.waitForEnd())
    #expect(hub.receive(timeout: .zero) == nil)
  }

  @Test(
    "A message without end costs its sender the connection and the listener little memory",
    arguments: [0, 64 << 10])
  func endlessMessage(frameBytes: Int) throws {
    let hub = try listen {
      $0.frameBytes = 64 << 10
      $0.framesPerMessage = 2
    }
    defer { hub.close(linger: .zero) }
    let good = try Endpoint.connect(hub.boundAddress)
    defer { good.close(linger: .zero) }
    let raw = try greet(hub)
    let part = RawPeer.frame([UInt8](repeating: 0, count: frameBytes), hasMore: true)
    let parts = [UInt8]((0..<max(1, (64 << 10) / part.count)).flatMap { _ in part })
    let before = try #require(ResidentMemory.bytes())
    // Ends when the listener hangs up; 4 GiB otherwise.
    var blocks = 0
    while blocks < 65_536 && raw.write(parts) { blocks += 1 }
    #expect(blocks < 65_536)
    raw.vanish()
    // 256 KiB are allowed and the watch comes every 50 ms; an empty frame takes 2 bytes on the way
    // and ZeroMQ 64.
    let growth = try #require(ResidentMemory.bytes()) - before
    #expect(growth < 512 << 20, "\(growth >> 20) MiB")
    #expect(good.send([[7]], timeout: patience) == .accepted)
    #expect(hub.nextMessage()?.frames == [[7]])
  }

  @Test("With too many connections the oldest stranger's is closed; who was vouched for stays")
  func tooManyConnections() throws {
    let hub = try listen { $0.connections = 4 }
    defer { hub.close(linger: .zero) }
    let friend = try Endpoint.connect(hub.boundAddress)
    defer { friend.close(linger: .zero) }
    #expect(friend.send([[1]], timeout: patience) == .accepted)
    let name = try #require(hub.nextMessage()?.peer)
    hub.keep(name)
    var strangers: [RawPeer] = []
    for _ in 0..<20 { strangers.append(try connect(to: hub)) }
    defer { for stranger in strangers { stranger.vanish() } }
    for stranger in strangers.prefix(17) { #expect(stranger.waitForEnd()) }
    strangers[19].shakeHands()
    strangers[19].sendFrame([2])
    #expect(hub.nextMessage()?.frames == [[2]])
    #expect(hub.send([[3]], to: name, timeout: .zero) == .accepted)
    #expect(friend.nextMessage()?.frames == [[3]])
  }

  @Test("A stranger that does not read gets little; once it is vouched for it gets its share")
  func strangersOutbox() throws {
    let hub = try listen {
      $0.outboxBytesPerStranger = 1 << 10
      $0.outboxBytesPerPeer = 32 << 20
    }
    defer { hub.close(linger: .zero) }
    let raw = try greet(hub)
    defer { raw.vanish() }
    raw.sendFrame([1])
    let name = try #require(hub.nextMessage()?.peer)
    // More than the system's buffers take.
    let long = [UInt8](repeating: 0, count: 24 << 20)
    #expect(hub.send([long], to: name, timeout: .zero) == .accepted)
    #expect(hub.send([[1]], to: name, timeout: .zero) == .full)
    hub.keep(name)
    #expect(hub.send([[1]], to: name, timeout: .zero) == .accepted)
  }

  @Test("A stranger with too much unread is disconnected while nobody takes; a peer is not")
  func strangersUnread() throws {
    let hub = try listen {
      $0.inboxBytes = 1 << 10
      $0.readAheadMessages = 1000
      $0.unreadBytesPerStranger = 64 << 10
    }
    defer { hub.close(linger: .zero) }
    let (friend, stranger) = (try greet(hub), try greet(hub))
    friend.sendFrame([0])
    hub.keep(try #require(hub.nextMessage()?.peer))
    let block = [UInt8](
      (0..<200).flatMap { _ in RawPeer.frame([UInt8](repeating: 0, count: 1000)) })
    friend.write(block)
    stranger.write(block)
    #expect(stranger.waitForEnd())
    for _ in 0..<200 { #expect(hub.nextMessage()?.frames[0].count == 1000) }
    friend.sendFrame([8])
    while let frames = hub.nextMessage()?.frames, frames != [[8]] {}
    friend.vanish()
    stranger.vanish()
  }

  @Test("A flood does not keep an endpoint from sending to others")
  func sendsUnderFlood() throws {
    let hub = try listen()
    let good = try Endpoint.connect(hub.boundAddress)
    defer { good.close(linger: .zero) }
    #expect(good.send([[1]], timeout: patience) == .accepted)
    let name = try #require(hub.nextMessage()?.peer)
    let raw = try greet(hub)
    let flood = DispatchGroup()
    DispatchQueue.global().async(group: flood) {
      let block = [UInt8]((0..<1000).flatMap { _ in RawPeer.frame([9]) })
      while raw.write(block) {}
    }
    DispatchQueue.global().async(group: flood) { while hub.receive(timeout: patience) != nil {} }
    for index in UInt8(0)..<50 {
      #expect(hub.send([[index]], to: name, timeout: patience) == .accepted)
      #expect(good.nextMessage()?.frames == [[index]])
    }
    hub.close(linger: .zero)
    flood.wait()
    raw.vanish()
  }
}
