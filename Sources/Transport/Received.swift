// What an endpoint hands to its owner.

/// One connection of a listening endpoint, by the routing identity ZeroMQ gave it. A process that
/// reconnects is a new peer.
package struct Peer: Hashable, Sendable, CustomStringConvertible {
  package let identity: [UInt8]
  /// Where the connection comes from.
  package let origin: PeerOrigin
  /// Whose key it has; nil where connections have none.
  package let member: KeyHolder?

  package init(identity: [UInt8], origin: PeerOrigin = .local, member: KeyHolder? = nil) {
    self.identity = identity
    self.origin = origin
    self.member = member
  }

  /// The identity says it all.
  package static func == (one: Peer, other: Peer) -> Bool { one.identity == other.identity }

  package func hash(into hasher: inout Hasher) { hasher.combine(identity) }

  package var description: String {
    identity.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// An event of an endpoint, in the order in which it happened for its peer. `peer` is nil on a
/// connecting endpoint, whose only peer is the listener.
package enum Received: Equatable, Sendable {
  case message(peer: Peer?, frames: [[UInt8]])
  /// A connecting endpoint reached its listener, for the first time or again.
  case connected
  /// Nothing more comes from this peer, and what was sent to it may be lost. On a connecting
  /// endpoint: until `connected` comes again; it goes on trying.
  case disconnected(peer: Peer?)
  /// Why a connecting endpoint has no connection; it goes on trying.
  case trouble(ConnectionTrouble)
  /// Peers that a listening endpoint with keys did not let in; one word a second at most.
  case turnedAway(TurnedAway)
  /// A message that broke the limits and was dropped.
  case refused(peer: Peer?, TransportError)
}

/// What became of a message given to `Endpoint.send`.
package enum SendOutcome: Hashable, Sendable {
  /// It will be sent in order, unless the peer goes.
  case accepted
  /// The peer's outbox was full until the timeout; nothing was sent.
  case full
  /// There is no such peer any more, or the endpoint is closed; nothing was sent.
  case gone
}
