// The bounds and times of an endpoint.

import Basics

/// What an endpoint holds at most, and how patient it is.
package struct EndpointLimits: Sendable {
  /// A received frame. A peer that sends a longer one is disconnected before it is read.
  package var frameBytes = 2 << 20
  /// Frames of a received message. ZeroMQ delivers whole messages only: frames beyond are held
  /// until the message ends or the peer is disconnected for having too much unread (see
  /// `ReceiveWatch`).
  package var framesPerMessage = 8
  /// Received and not yet taken. Above it the socket is not read until something is taken.
  package var inboxBytes = 64 << 20
  /// Accepted for one peer and not yet handed to the system. Above it `send` waits.
  package var outboxBytesPerPeer = 32 << 20
  /// Whole messages that ZeroMQ reads ahead for each peer, beyond the inbox.
  package var readAheadMessages: Int32 = 8

  /// Connections of a listening endpoint. One more closes the oldest stranger's: a stranger is a
  /// peer that `keep` was not called for.
  package var connections = 1024
  /// As `outboxBytesPerPeer`, for a stranger.
  package var outboxBytesPerStranger = 32 << 20
  /// What ZeroMQ may have read ahead from one stranger, and from all together; more disconnects.
  package var unreadBytesPerStranger = 64 << 20
  package var unreadBytesOfStrangers = 256 << 20

  /// Between attempts to connect; doubled up to the longest.
  package var reconnectInterval = Duration.milliseconds(100)
  package var longestReconnectInterval = Duration.seconds(2)
  /// Without a connection for so long, why there is none is worth a word. A listener that is just
  /// starting is not a trouble.
  package var troublePatience = Duration.seconds(2)
  /// Silence after which ZeroMQ itself asks, and for how long it waits for the answer. The wait is
  /// long since a peer whose inbox is full does not read the question; noticing a stuck peer
  /// earlier is for the caller.
  package var probeInterval = Duration.seconds(10)
  package var probeTimeout = Duration.seconds(60)

  /// A peer that has not ended its greeting by then is cut off by a listening endpoint.
  package var handshakeTimeout = Duration.seconds(5)
  /// ZeroMQ's threads of a listening endpoint with keys, which compute the encryption: each
  /// connection belongs to one of them. Without keys, and on the other side, one is enough.
  package var encryptingThreads = 2

  package init() {}

  func ioThreads(_ role: EndpointRole, _ security: EndpointSecurity) -> Int32 {
    Int32(clamping: role == .listening && security.isEncrypted ? max(1, encryptingThreads) : 1)
  }

  /// Descriptors that are left to the rest of the process: a run's files, and what ZeroMQ opens for
  /// itself.
  private static let reservedDescriptors = 48

  /// `connections`, or fewer where this process may not open so many files.
  package var possibleConnections: Int {
    guard let files = ResourceLimit.openFiles.value else { return connections }
    return min(connections, max(8, files - Self.reservedDescriptors))
  }
}
