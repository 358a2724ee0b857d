// How soon and in which order the loss of a peer is reported.

import Basics
import Foundation
import TestSupport
import Testing
import Transport

@Suite("Peers that go", .serialized) struct PeerLossTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/s" }

  init() throws { folder = try TemporaryFolder() }

  @Test("A vanished peer is reported within a second, after all it sent")
  func vanished() throws {
    for address in [folder.address, "tcp://127.0.0.1:*"] {
      let hub = try Endpoint.listen(address)
      defer { hub.close(linger: .zero) }
      let peer = try Endpoint.connect(hub.boundAddress)
      for index in UInt8(0)..<20 { #expect(peer.send([[index]], timeout: patience) == .accepted) }
      let name = try #require(hub.nextMessage()).peer
      for index in UInt8(1)..<20 { #expect(try #require(hub.nextMessage()).frames == [[index]]) }
      peer.close(linger: .zero)
      #expect(hub.receive(timeout: .seconds(1)) == .disconnected(peer: name))
      #expect(hub.send([[1]], to: name, timeout: .zero) == .gone)
    }
  }

  @Test("A peer that sends one message and vanishes unread is reported after it")
  func vanishedUnread() throws {
    let hub = try Endpoint.listen(folder.address)
    defer { hub.close(linger: .zero) }
    for round in UInt8(0)..<50 {
      let raw = RawPeer(path)
      raw.shakeHands()
      raw.sendFrame([round])
      raw.vanish()
      let (name, frames) = try #require(hub.nextMessage())
      #expect(frames == [[round]])
      #expect(hub.receive(timeout: .seconds(1)) == .disconnected(peer: name))
    }
  }

  @Test("A living peer is not taken for the dead one whose descriptor it got")
  func reusedDescriptors() throws {
    let hub = try Endpoint.listen(folder.address)
    defer { hub.close(linger: .zero) }
    var ends: [Peer: Int] = [:]
    let rounds = 100
    for _ in 0..<rounds {
      let raw = RawPeer(path)
      raw.shakeHands()
      raw.sendFrame([1])
      raw.vanish()
    }
    let survivor = try Endpoint.connect(folder.address)
    defer { survivor.close(linger: .zero) }
    #expect(survivor.send([[2]], timeout: .zero) == .accepted)
    var living: Peer?
    while ends.count < rounds || living == nil, let event = hub.receive(timeout: .seconds(5)) {
      switch event {
      case .disconnected(let peer): ends[try #require(peer), default: 0] += 1
      case .message(let peer, [[2]]): living = peer
      default: break
      }
    }
    #expect(ends.count == rounds)
    #expect(ends.values.allSatisfy { $0 == 1 })
    let name = try #require(living)
    #expect(ends[name] == nil)
    #expect(hub.send([[3]], to: name, timeout: .zero) == .accepted)
    #expect(try #require(survivor.nextMessage()).frames == [[3]])
  }

  @Test("A connecting endpoint tells when its listener goes and comes back")
  func listenerReturns() throws {
    var limits = EndpointLimits()
    limits.reconnectInterval = .milliseconds(10)
    let first = try Endpoint.listen(folder.address)
    let peer = try Endpoint.connect(folder.address, limits: limits)
    defer { peer.close(linger: .zero) }
    #expect(peer.receive(timeout: patience) == .connected)
    first.close(linger: .zero)
    #expect(peer.receive(timeout: .seconds(1)) == .disconnected(peer: nil))
    let second = try Endpoint.listen(folder.address)
    defer { second.close(linger: .zero) }
    #expect(peer.receive(timeout: patience) == .connected)
    #expect(peer.send([[4]], timeout: .zero) == .accepted)
    #expect(try #require(second.nextMessage()).frames == [[4]])
  }

  @Test("The last words of a listener that closes are heard before the news of its going")
  func lastWords() throws {
    for round in 0..<200 {
      let hub = try Endpoint.listen(folder.address)
      let peer = try Endpoint.connect(folder.address)
      defer { peer.close(linger: .zero) }
      #expect(peer.receive(timeout: patience) == .connected)
      #expect(peer.send([[1]], timeout: .zero) == .accepted)
      let name = try #require(hub.nextMessage()).peer
      // Several at once, so that the last ones wait to be read when the connection closes.
      for word in UInt8(0)..<6 {
        #expect(hub.send([[word]], to: name, timeout: .zero) == .accepted)
      }
      hub.close(linger: .seconds(2))
      for word in UInt8(0)..<6 {
        let event = peer.receive(timeout: patience)
        try #require(event == .message(peer: nil, frames: [[word]]), "word \(word), round \(round)")
      }
      #expect(peer.receive(timeout: patience) == .disconnected(peer: nil))
    }
  }

  @Test("Who waits to send to a peer that goes is told")
  func waitingSender() throws {
    var limits = EndpointLimits()
    limits.outboxBytesPerPeer = 1 << 20
    let hub = try Endpoint.listen(folder.address, limits: limits)
    defer { hub.close(linger: .zero) }
    let raw = RawPeer(path)
    raw.shakeHands()
    raw.sendFrame([1])
    let name = try #require(hub.nextMessage()).peer
    let frame = [UInt8](repeating: 1, count: 512 << 10)
    while hub.send([frame], to: name, timeout: .milliseconds(100)) == .accepted {}
    Thread.detachNewThread { raw.vanish() }
    // What was under way to it is given up, which makes room for a moment.
    var outcome = SendOutcome.accepted
    while outcome == .accepted { outcome = hub.send([frame], to: name, timeout: patience) }
    #expect(outcome == .gone)
  }

  @Test("A frame over the limit costs its sender the connection, and nobody else anything")
  func oversize() throws {
    var limits = EndpointLimits()
    limits.frameBytes = 1000
    let hub = try Endpoint.listen(folder.address, limits: limits)
    defer { hub.close(linger: .zero) }
    let good = try Endpoint.connect(folder.address)
    defer { good.close(linger: .zero) }
    let raw = RawPeer(path)
    raw.shakeHands()
    raw.sendFrame([7])
    let name = try #require(hub.nextMessage()).peer
    // A long frame: flag 2, eight bytes of size: 2⁶² are announced.
    raw.write([2, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])
    #expect(hub.receive(timeout: .seconds(5)) == .disconnected(peer: name))
    #expect(good.send([[UInt8](repeating: 1, count: 1000)], timeout: .zero) == .accepted)
    #expect(try #require(hub.nextMessage()).frames[0].count == 1000)
    raw.vanish()
  }

  @Test("A message of too many frames is dropped and told; the connection lives")
  func manyFrames() throws {
    let hub = try Endpoint.listen(folder.address)
    defer { hub.close(linger: .zero) }
    let peer = try Endpoint.connect(folder.address)
    defer { peer.close(linger: .zero) }
    for count in [8, 9, 10, 11, 500] {
      let frames = [[UInt8]](repeating: [1], count: count)
      #expect(peer.send(frames, timeout: .zero) == .accepted)
    }
    let (name, frames) = try #require(hub.nextMessage())
    #expect(frames.count == 8)
    for count in [9, 10, 11, 500] {
      #expect(
        hub.receive(timeout: patience)
          == .refused(peer: name, .tooManyFrames(found: count, limit: 8)))
    }
    #expect(peer.send([[2]], timeout: .zero) == .accepted)
    #expect(try #require(hub.nextMessage()).frames == [[2]])
  }

  @Test("Noise instead of a greeting does no harm")
  func noise() throws {
    let hub = try Endpoint.listen(folder.address)
    defer { hub.close(linger: .zero) }
    var random = CounterRandom(seed: 5, purpose: .simulation)
    for round in 0..<200 {
      let raw = RawPeer(path)
      if round % 2 == 0 { raw.shakeHands() }
      raw.write((0..<100).map { _ in UInt8(truncatingIfNeeded: random.nextUInt32()) })
      raw.vanish()
    }
    let good = try Endpoint.connect(folder.address)
    defer { good.close(linger: .zero) }
    #expect(good.send([Array("good".utf8)], timeout: .zero) == .accepted)
    while let message = hub.nextMessage() {
      if message.frames == [Array("good".utf8)] { return }
    }
    #expect(Bool(false), "the good peer was not heard")
  }
}
