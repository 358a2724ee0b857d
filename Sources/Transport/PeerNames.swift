// What keeps the names that peers give themselves out of a listening socket's tables.

import CZeroMQ

#if canImport(Glibc)
  import Glibc
#endif

/// A ROUTER tells its peers apart by an identity: the one that a peer announces in its handshake,
/// or else a count of connections behind a zero byte. It keeps both in one table and aborts the
/// process when the count arrives at an identity that a peer has announced. libzmq 4.3.4 even
/// begins every count at the same number: it takes two numbers of the C library's `rand`, which it
/// never seeds.
///
/// No handler of ZeroMQ's authentication protocol can stop that without encryption: it is asked
/// before the peer's handshake has come, and is not told the identity. What does is the option
/// ZMQ_ROUTER_RAW, set once the address is bound: each listener works with a copy of the options
/// that it was made with, and speaks ZeroMQ's protocol as before; the socket's own copy now says
/// that every connection is named by the count, and announced identities are passed over. (Set to 0
/// again it leaves that as it is, and an empty frame is a frame again.) What remains is the count
/// itself: it comes round after 2³² connections, to the name of a connection that has lasted for
/// all of them.
///
/// The price: such a socket ends a message with each frame that it sends, which is what
/// `FrameParts` is for.
enum PeerNames {
  /// Peers of protocol versions 1 and 2 announce their identity before any handshake. A listener
  /// whose options name a domain for authentication refuses them; as no handler is there, and none
  /// is demanded, others are let in unasked.
  private static let domain = "terrane"

  /// Before the address is bound.
  static func refuseOldProtocols(_ socket: ZeroMQSocket) throws(ZeroMQError) {
    try socket.set(ZMQ_ZAP_DOMAIN, domain)
  }

  /// When the address is bound, and before anything else is asked of the socket: only then does it
  /// look at connections.
  static func passOver(_ socket: ZeroMQSocket) throws(ZeroMQError) {
    try socket.set(ZMQ_ROUTER_RAW, Int32(1))
    try socket.set(ZMQ_ROUTER_RAW, Int32(0))
  }

  /// Begins the counts, and the waits between attempts to connect, at random: a second line of
  /// defence, and workers that lost their coordinator together do not come back in step. Before the
  /// first socket is made.
  static func seed() { isSeeded }

  private static let isSeeded: Void = srand(UInt32.random(in: 0 ... .max))
}
