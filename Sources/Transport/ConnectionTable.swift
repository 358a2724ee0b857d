// Which peer is behind which connection, so that a closed connection becomes "this peer is gone",
// and which connection has to give way when there are too many. A pure state machine: no socket
// here.

/// ZeroMQ tells two stories: messages, each with the descriptor it came over, and events, each with
/// a descriptor. They come through different queues, and the system gives descriptors to new
/// connections again. Two facts order them: an event precedes every message of a later connection
/// over the same descriptor, so whoever takes a message takes the events that are there before
/// looking at it; and all messages of a closed connection precede the moment when the socket has
/// nothing more to give, so `gone` waits for that.
package struct ConnectionTable {
  package init() {}

  private struct Connection {
    /// In the order of their coming.
    let number: Int
    /// Its end was asked for.
    var isCut = false
  }

  private var peers: [Int32: Peer] = [:]
  private var open: [Int32: Connection] = [:]
  private var nextNumber = 0
  /// Who does not give way to newcomers.
  private var kept: Set<Peer> = []
  /// Closed, but messages of theirs may still come; with the messages of others since.
  private var leaving: [(peer: Peer, othersSince: Int)] = []

  package mutating func accepted(_ descriptor: Int32) {
    open[descriptor] = Connection(number: nextNumber)
    nextNumber += 1
  }

  package mutating func closed(_ descriptor: Int32) {
    open[descriptor] = nil
    if let peer = peers.removeValue(forKey: descriptor) { leaving.append((peer, 0)) }
  }

  package mutating func keep(_ peer: Peer) { kept.insert(peer) }

  package func isStranger(_ descriptor: Int32) -> Bool {
    peers[descriptor].map { !kept.contains($0) } ?? true
  }

  /// - Returns: the connection to close; nil when it is closed or about to be.
  package mutating func cut(_ peer: Peer) -> Int32? {
    peers.first { $0.value == peer }.flatMap { cut($0.key) }
  }

  /// - Returns: the descriptor, unless its connection is closed or about to be.
  package mutating func cut(_ descriptor: Int32) -> Int32? {
    guard let connection = open[descriptor], !connection.isCut else { return nil }
    open[descriptor]!.isCut = true
    return descriptor
  }

  /// - Parameter isOut: of who is behind a connection, nil where nothing was said over it.
  /// - Returns: the connections to close.
  mutating func cutAll(_ isOut: (Peer?) -> Bool) -> [Int32] {
    open.keys.sorted().filter { isOut(peers[$0]) }.compactMap { cut($0) }
  }

  /// Picks a connection to close where there are more than `limit`: the oldest stranger's, or the
  /// newest when all are kept. Nil when there are not.
  package mutating func cutSurplus(over limit: Int) -> Int32? {
    guard open.count > limit else { return nil }
    let living = open.filter { !$0.value.isCut }
    guard living.count > limit else { return nil }
    let oldestStranger = living.filter { isStranger($0.key) }.min {
      $0.value.number < $1.value.number
    }
    let chosen = oldestStranger ?? living.max { $0.value.number < $1.value.number }
    return chosen.flatMap { cut($0.key) }
  }

  /// A message came from `peer`, and the events before it have been handed in.
  /// - Returns: whether the peer was not known yet.
  package mutating func heard(from peer: Peer, over descriptor: Int32) -> Bool {
    for index in leaving.indices {
      if leaving[index].peer == peer {
        leaving[index].othersSince = 0
        return false
      }
      leaving[index].othersSince += 1
    }
    let holder = peers[descriptor]
    if holder == peer { return false }
    if let holder, !peer.isYounger(than: holder) {
      // Its descriptor has been given away before its first message was read.
      leaving.append((peer, 0))
    } else if open[descriptor] != nil {
      peers[descriptor] = peer
      if let holder { leaving.append((holder, 0)) }
    } else {
      // It was closed before its first message was read.
      leaving.append((peer, 0))
    }
    return true
  }

  /// Those of whom no message can be waiting any more: all when the socket has nothing to give,
  /// and, as it takes turns among its peers, who was passed over for a whole round.
  package mutating func gone(isSocketEmpty: Bool) -> [Peer] {
    if leaving.isEmpty { return [] }
    let round = peers.count + leaving.count
    let gone = leaving.filter { isSocketEmpty || $0.othersSince > round }.map(\.peer)
    leaving.removeAll { isSocketEmpty || $0.othersSince > round }
    kept.subtract(gone)
    return gone
  }

  /// Whether the end of some peer is still to be told.
  package var hasLeavers: Bool { !leaving.isEmpty }

  /// Sending found the peer unreachable.
  /// - Returns: whether it was still taken for present.
  package mutating func lost(_ peer: Peer) -> Bool {
    kept.remove(peer)
    if let descriptor = peers.first(where: { $0.value == peer })?.key {
      peers.removeValue(forKey: descriptor)
      return true
    }
    let count = leaving.count
    leaving.removeAll { $0.peer == peer }
    return leaving.count < count
  }
}

extension Peer {
  /// Whether this connection was made after `other`. ZeroMQ counts the connections of a socket in
  /// the last four bytes of the identities that it gives, and all are given by it (see
  /// `PeerNames`). Of others, who is heard later would be taken for the younger.
  fileprivate func isYounger(than other: Peer) -> Bool {
    guard let count = connectionCount, let otherCount = other.connectionCount else { return true }
    return Int32(bitPattern: count &- otherCount) > 0
  }

  private var connectionCount: UInt32? {
    guard identity.count == 5, identity[0] == 0 else { return nil }
    return identity[1...].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
