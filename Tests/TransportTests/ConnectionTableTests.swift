// Which peer belongs to which descriptor, as connections come and go.

import Testing
import Transport

/// `#expect` takes no mutating calls.
private final class Connections {
  private var table = ConnectionTable()

  func accepted(_ descriptor: Int32) { table.accepted(descriptor) }
  func closed(_ descriptor: Int32) { table.closed(descriptor) }
  func heard(from peer: Peer, over descriptor: Int32) -> Bool {
    table.heard(from: peer, over: descriptor)
  }
  func gone(isSocketEmpty: Bool) -> [Peer] { table.gone(isSocketEmpty: isSocketEmpty) }
  func keep(_ peer: Peer) { table.keep(peer) }
  func cut(_ peer: Peer) -> Int32? { table.cut(peer) }
  func cutSurplus(over limit: Int) -> Int32? { table.cutSurplus(over: limit) }
  func lost(_ peer: Peer) -> Bool { table.lost(peer) }
}

@Suite("Connections and their descriptors") struct ConnectionTableTests {
  private let old = Peer(identity: [0, 0xFF, 0xFF, 0xFF, 0xFF])
  // The count has gone around.
  private let young = Peer(identity: [0, 0, 0, 0, 0])

  @Test("A closed connection's peer is gone once the socket has nothing more")
  func plain() {
    let table = Connections()
    table.accepted(12)
    #expect(table.heard(from: old, over: 12))
    #expect(!table.heard(from: old, over: 12))
    #expect(table.gone(isSocketEmpty: true) == [])
    table.closed(12)
    #expect(table.gone(isSocketEmpty: false) == [])
    #expect(!table.heard(from: old, over: 12))
    #expect(table.gone(isSocketEmpty: true) == [old])
    #expect(table.gone(isSocketEmpty: true) == [])
  }

  @Test("On a socket that is never empty, a peer passed over for a round is gone")
  func passedOver() {
    let table = Connections()
    for (descriptor, peer) in [(12, old), (13, young)] {
      table.accepted(Int32(descriptor))
      #expect(table.heard(from: peer, over: Int32(descriptor)))
    }
    table.closed(12)
    for _ in 0..<2 {
      #expect(!table.heard(from: young, over: 13))
      #expect(table.gone(isSocketEmpty: false) == [])
    }
    #expect(!table.heard(from: young, over: 13))
    #expect(table.gone(isSocketEmpty: false) == [old])
  }

  @Test("A peer that closed before its first message was read is gone after it")
  func closedUnread() {
    let table = Connections()
    table.accepted(12)
    table.closed(12)
    #expect(table.heard(from: old, over: 12))
    #expect(table.gone(isSocketEmpty: true) == [old])
  }

  @Test("Of two peers over one descriptor the older is gone, whichever is heard first")
  func reused() {
    for order in [[old, young], [young, old]] {
      let table = Connections()
      table.accepted(12)
      table.closed(12)
      table.accepted(12)
      for peer in order { #expect(table.heard(from: peer, over: 12)) }
      #expect(table.gone(isSocketEmpty: true) == [old])
      table.closed(12)
      #expect(table.gone(isSocketEmpty: true) == [young])
    }
  }

  @Test("A peer that cannot be reached is lost once")
  func lost() {
    let table = Connections()
    table.accepted(12)
    #expect(table.heard(from: old, over: 12))
    #expect(table.lost(old))
    #expect(!table.lost(old))
    table.closed(12)
    #expect(table.gone(isSocketEmpty: true) == [])
  }

  @Test("A connection is cut once, and its peer is gone when it closes")
  func cut() {
    let table = Connections()
    table.accepted(12)
    #expect(table.heard(from: old, over: 12))
    #expect(table.cut(old) == 12)
    #expect(table.cut(old) == nil)
    table.closed(12)
    #expect(table.gone(isSocketEmpty: true) == [old])
    #expect(table.cut(old) == nil)
  }

  @Test(
    "Of too many connections the oldest stranger's goes, and the newest when there is no stranger")
  func surplus() {
    let table = Connections()
    for descriptor in Int32(12)...14 { table.accepted(descriptor) }
    #expect(table.heard(from: old, over: 12))
    table.keep(old)
    #expect(table.cutSurplus(over: 3) == nil)
    #expect(table.cutSurplus(over: 2) == 13)
    // It is on its way out and counts no more.
    #expect(table.cutSurplus(over: 2) == nil)
    table.closed(13)
    #expect(table.heard(from: young, over: 14))
    table.keep(young)
    #expect(table.cutSurplus(over: 1) == 14)
  }
}
