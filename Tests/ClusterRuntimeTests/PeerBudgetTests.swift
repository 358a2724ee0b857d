// What a connection may cost before it is cut, and how that is logged.

import Basics
import ClusterRuntime
import Testing
import Transport

@Suite("What a peer is charged") struct PeerBudgetTests {
  private static let start = Instant(nanoseconds: 0)
  private let peer = Peer(identity: [0, 0, 0, 0, 1])
  private var peers = PeerTable()

  private mutating func charged(_ act: PeerCharge, after time: Duration = .zero) -> Int {
    var count = 0
    while count < 10_000, peers.charge(act, to: peer, at: Self.start + time) { count += 1 }
    return count
  }

  @Test(
    "Of each act so many at once",
    arguments: [
      (PeerCharge.unreadable, 16), (.greeting, 64), (.passedOver, 4), (.unbidden, 1024),
      (.lines(2), 512),
    ])
  mutating func atOnce(act: PeerCharge, count: Int) {
    _ = peers.worker(admitting: peer, at: Self.start)
    let charged = charged(act)
    #expect(charged == count)
  }

  @Test("Patience comes back: sixteen lines a second, and never more than there was")
  mutating func comesBack() {
    _ = peers.worker(admitting: peer, at: Self.start)
    var counts: [Int] = []
    for seconds in [0, 1, 3, 1000] { counts.append(charged(.lines(1), after: .seconds(seconds))) }
    #expect(counts == [1024, 16, 32, 1024])
  }

  @Test("A worker that is forgotten and greets anew has another number and no new patience")
  mutating func forgotten() {
    let first = peers.worker(admitting: peer, at: Self.start)
    peers.welcome(first)
    #expect(peers.isWelcome(peer))
    #expect(peers.peer(of: first) == peer)
    while peers.charge(.unreadable, to: peer, at: Self.start) {}
    peers.forget(first)
    #expect(peers.worker(of: peer) == nil)
    #expect(!peers.isWelcome(peer))
    let second = peers.worker(admitting: peer, at: Self.start)
    #expect(second != first)
    #expect(peers.peer(of: first) == nil)
    let charged = charged(.unbidden)
    #expect(charged == 0)
  }

  @Test("Nothing is kept of a connection that has ended")
  mutating func removed() {
    for number in UInt8(0)..<200 {
      let peer = Peer(identity: [0, 0, 0, 0, number])
      let worker = peers.worker(admitting: peer, at: Self.start)
      let again = peers.worker(admitting: peer, at: Self.start)
      #expect(again == worker)
      peers.remove(peer)
      #expect(peers.peer(of: worker) == nil)
      #expect(!peers.knows(peer))
    }
    #expect(peers.count == 0)
  }
}

@Suite("A log of limited rate") struct RateLimitedLogTests {
  private static let start = Instant(nanoseconds: 0)

  @Test("The first lines of a minute are said, the rest are counted and told when it is over")
  func flood() {
    var report = RateLimitedLog()
    let said = (0..<1_000).compactMap { number in
      report.line("line \(number)", at: Self.start + .milliseconds(number))
    }
    report.noteCutOff()
    #expect(said == (0..<8).map { "line \($0)" })
    let summaries = [59, 60, 61].map { report.summary(at: Self.start + .seconds($0)) }
    #expect(
      summaries == [
        nil, "992 more messages could not be read or came unbidden; 1 connection cut off", nil,
      ])
    let next = report.line("again", at: Self.start + .seconds(62))
    #expect(next == "again")
  }

  @Test("What is left unsaid at the end is told then; a quiet minute is not mentioned")
  func end() {
    var report = RateLimitedLog()
    for _ in 0..<9 { _ = report.line("noise", at: Self.start) }
    let last = report.end()
    #expect(last == "1 more message could not be read or came unbidden")
    _ = report.line("noise", at: Self.start)
    let quiet = report.summary(at: Self.start + .seconds(100))
    #expect(quiet == nil)
  }
}
