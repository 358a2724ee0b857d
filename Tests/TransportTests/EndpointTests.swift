// Messages between endpoints: whole, in order, and held back when nobody takes them.

import Basics
import Foundation
import TestSupport
import Testing
import Transport

@Suite("Endpoints", .serialized) struct EndpointTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func addresses() -> [String] { [folder.address, "tcp://127.0.0.1:*"] }

  @Test("Many messages both ways, large and small, arrive whole and in order for each peer")
  func bothWays() throws {
    for address in addresses() {
      let hub = try Endpoint.listen(address)
      defer { hub.close(linger: .zero) }
      let peers = try (0..<3).map { _ in try Endpoint.connect(hub.boundAddress) }
      defer { for peer in peers { peer.close(linger: .zero) } }
      let count = 300
      @Sendable func frames(_ sender: Int, _ index: Int) -> [[UInt8]] {
        let size = index % 50 == 7 ? 1 << 20 : index % 5
        return [
          Array("\(sender) \(index)".utf8), [UInt8](repeating: UInt8(index % 251), count: size),
        ]
      }
      for (sender, peer) in peers.enumerated() {
        Thread.detachNewThread {
          for index in 0..<count {
            #expect(peer.send(frames(sender, index), timeout: patience) == .accepted)
          }
        }
      }
      var next = [Int](repeating: 0, count: peers.count)
      for _ in 0..<count * peers.count {
        let (peer, received) = try #require(hub.nextMessage())
        let sender = Int(received[0][0] - UInt8(ascii: "0"))
        #expect(received == frames(sender, next[sender]))
        next[sender] += 1
        #expect(hub.send(received, to: peer, timeout: patience) == .accepted)
      }
      for (sender, peer) in peers.enumerated() {
        for index in 0..<count {
          #expect(try #require(peer.nextMessage()).frames == frames(sender, index))
        }
      }
    }
  }

  @Test("What is sent before there is a listener arrives when there is one")
  func sentEarly() throws {
    let peer = try Endpoint.connect(folder.address)
    defer { peer.close(linger: .zero) }
    #expect(peer.send([[1]], timeout: .zero) == .accepted)
    #expect(peer.send([[2], [], [3]], timeout: .zero) == .accepted)
    let hub = try Endpoint.listen(folder.address)
    defer { hub.close(linger: .zero) }
    #expect(try #require(hub.nextMessage()).frames == [[1]])
    #expect(try #require(hub.nextMessage()).frames == [[2], [], [3]])
    #expect(peer.receive(timeout: patience) == .connected)
  }

  @Test("A receiver that does not take holds its sender back, and nothing is lost")
  func backPressure() throws {
    var limits = EndpointLimits()
    limits.inboxBytes = 1 << 20
    limits.outboxBytesPerPeer = 1 << 20
    limits.readAheadMessages = 2
    let hub = try Endpoint.listen(folder.address, limits: limits)
    defer { hub.close(linger: .zero) }
    let peer = try Endpoint.connect(folder.address, limits: limits)
    defer { peer.close(linger: .zero) }
    let size = 64 << 10
    var accepted = 0
    while accepted < 10_000 {
      let frame = [UInt8](repeating: UInt8(accepted % 256), count: size)
      if peer.send([frame], timeout: .milliseconds(300)) == .full { break }
      accepted += 1
    }
    // Inbox, outbox, two messages read ahead, one in work, and the system's socket buffers.
    #expect(accepted * size < 4 << 20, "\(accepted) messages were accepted")
    for index in 0..<accepted {
      let frame = try #require(hub.nextMessage()).frames[0]
      #expect(frame.count == size && frame.allSatisfy { $0 == UInt8(index % 256) })
    }
    #expect(peer.send([[1]], timeout: patience) == .accepted)
    #expect(try #require(hub.nextMessage()).frames == [[1]])
  }

  @Test("A slow peer holds back what is sent to it alone")
  func slowPeer() throws {
    var limits = EndpointLimits()
    limits.outboxBytesPerPeer = 1 << 20
    let hub = try Endpoint.listen(folder.address, limits: limits)
    defer { hub.close(linger: .zero) }
    var slowLimits = EndpointLimits()
    slowLimits.inboxBytes = 1 << 10
    slowLimits.readAheadMessages = 1
    let slow = try Endpoint.connect(folder.address, limits: slowLimits)
    defer { slow.close(linger: .zero) }
    #expect(slow.send([[0]], timeout: .zero) == .accepted)
    let slowName = try #require(hub.nextMessage()).peer
    let quick = try Endpoint.connect(folder.address)
    defer { quick.close(linger: .zero) }
    #expect(quick.send([[0]], timeout: .zero) == .accepted)
    let quickName = try #require(hub.nextMessage()).peer
    let frame = [UInt8](repeating: 1, count: 256 << 10)
    var outcome = SendOutcome.accepted
    for _ in 0..<1000 where outcome == .accepted {
      outcome = hub.send([frame], to: slowName, timeout: .milliseconds(200))
    }
    #expect(outcome == .full)
    for _ in 0..<20 {
      #expect(hub.send([frame], to: quickName, timeout: patience) == .accepted)
      #expect(try #require(quick.nextMessage()).frames == [frame])
    }
  }

  @Test("A full inbox does not keep an endpoint from sending")
  func sendsWhileFull() throws {
    var limits = EndpointLimits()
    limits.inboxBytes = 1 << 10
    let hub = try Endpoint.listen(folder.address, limits: limits)
    defer { hub.close(linger: .zero) }
    let peer = try Endpoint.connect(folder.address)
    defer { peer.close(linger: .zero) }
    for _ in 0..<100 {
      #expect(peer.send([[UInt8](repeating: 0, count: 1024)], timeout: patience) == .accepted)
    }
    let name = try #require(hub.nextMessage()).peer
    #expect(hub.send([[9]], to: name, timeout: patience) == .accepted)
    #expect(try #require(peer.nextMessage()).frames == [[9]])
  }

  @Test("Nothing to receive is nil after the timeout; interrupt ends a wait at once")
  func waiting() throws {
    let hub = try Endpoint.listen(folder.address)
    defer { hub.close(linger: .zero) }
    #expect(hub.receive(timeout: .zero) == nil)
    #expect(hub.receive(timeout: .milliseconds(20)) == nil)
    Thread.detachNewThread { hub.interrupt() }
    #expect(hub.receive(timeout: .seconds(1000)) == nil)
  }

  @Test("Closing sends what was accepted, within the linger time")
  func lingering() throws {
    for address in addresses() {
      let hub = try Endpoint.listen(address)
      defer { hub.close(linger: .zero) }
      let peer = try Endpoint.connect(hub.boundAddress)
      let frame = [UInt8](repeating: 5, count: 1 << 20)
      for _ in 0..<16 { #expect(peer.send([frame], timeout: patience) == .accepted) }
      peer.close(linger: patience)
      for _ in 0..<16 { #expect(try #require(hub.nextMessage()).frames == [frame]) }
    }
  }

  @Test("Closing while other threads send and receive ends them with an answer")
  func closeWhileSending() throws {
    for _ in 0..<10 {
      let hub = try Endpoint.listen("tcp://127.0.0.1:*")
      let peer = try Endpoint.connect(hub.boundAddress)
      let done = DispatchGroup()
      let frame = [UInt8](repeating: 5, count: 100_000)
      for _ in 0..<2 {
        DispatchQueue.global().async(group: done) {
          while peer.send([frame], timeout: patience) == .accepted {}
        }
        DispatchQueue.global().async(group: done) {
          while hub.receive(timeout: patience) != nil {}
        }
      }
      _ = hub.nextMessage()
      peer.close(linger: .zero)
      hub.close(linger: .zero)
      #expect(done.wait(timeout: .now() + 15) == .success)
      #expect(peer.send([[1]], timeout: .zero) == .gone)
    }
  }

  @Test(
    "An option that ZeroMQ does not take is an error of whoever opens the endpoint, and leaves nothing open"
  )
  func refusedOption() throws {
    var limits = EndpointLimits()
    limits.probeInterval = .seconds(-1)
    #expect { try Endpoint.listen(folder.address, limits: limits) } throws: { error in
      "\(error)".hasPrefix("cannot listen on \(folder.address): ZeroMQ does not take option ")
    }
    #expect { try Endpoint.connect(folder.address, limits: limits) } throws: { error in
      "\(error)".hasPrefix("cannot connect to \(folder.address): ZeroMQ does not take option ")
    }
    try Endpoint.listen(folder.address).close(linger: .zero)
  }
}
