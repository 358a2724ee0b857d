// Which peer is behind which connection, so that a closed connection becomes "this peer is gone". A pure
// state machine: no socket here.

/// ZeroMQ tells two stories: messages, each with the descriptor it came over, and events, each with a
/// descriptor. They come through different queues, and the system gives descriptors to new connections again.
/// Two facts order them: an event precedes every message of a later connection over the same descriptor, so
/// whoever reads a message first reads the events that are there; and all messages of a closed connection
/// precede the moment when the socket has nothing more to give, so `gone` waits for that.
struct ConnectionTable {
  private var peers: [Int32: Peer] = [:]
  private var open: Set<Int32> = []
  /// Closed, but messages of theirs may still come; with the messages of others since.
  private var leaving: [(peer: Peer, othersSince: Int)] = []

  var hasLeaving: Bool { !leaving.isEmpty }

  mutating func accepted(_ descriptor: Int32) { open.insert(descriptor) }

  mutating func closed(_ descriptor: Int32) {
    open.remove(descriptor)
    if let peer = peers.removeValue(forKey: descriptor) { leaving.append((peer, 0)) }
  }

  /// A message came from `peer`, and the events before it have been handed in.
  /// - Returns: whether the peer was not known yet.
  mutating func heard(from peer: Peer, over descriptor: Int32) -> Bool {
    for index in leaving.indices {
      if leaving[index].peer == peer {
        leaving[index].othersSince = 0
        return false
      }
      leaving[index].othersSince += 1
    }
    if peers[descriptor] == peer { return false }
    if open.contains(descriptor) {
      peers[descriptor] = peer
    } else {
      // It was closed before its first message was read.
      leaving.append((peer, 0))
    }
    return true
  }

  /// Those of whom no message can be waiting any more: all when the socket has nothing to give, and, as it
  /// takes turns among its peers, who was passed over for a whole round.
  mutating func gone(isSocketEmpty: Bool) -> [Peer] {
    if leaving.isEmpty { return [] }
    let round = peers.count + leaving.count
    let gone = leaving.filter { isSocketEmpty || $0.othersSince > round }.map(\.peer)
    leaving.removeAll { isSocketEmpty || $0.othersSince > round }
    return gone
  }

  /// Sending found the peer unreachable.
  /// - Returns: whether it was still taken for present.
  mutating func lost(_ peer: Peer) -> Bool {
    if let descriptor = peers.first(where: { $0.value == peer })?.key {
      peers.removeValue(forKey: descriptor)
      return true
    }
    let count = leaving.count
    leaving.removeAll { $0.peer == peer }
    return leaving.count < count
  }
}
