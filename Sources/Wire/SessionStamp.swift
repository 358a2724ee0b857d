// Where a message belongs in the talk of two processes. Who checks it, and what follows, is
// Coordination's.

/// Which greeting a message belongs to, and its place among the messages that its sender sent in
/// that session.
package struct SessionStamp: Hashable, Sendable {
  /// Counts a worker process' greetings, from 1 on.
  package var session: UInt32
  /// From 0 on, each way.
  package var sequence: UInt64

  package init(session: UInt32, sequence: UInt64) {
    self.session = session
    self.sequence = sequence
  }
}

/// A message as it travels.
package struct Stamped<Message: Equatable & Sendable>: Equatable, Sendable {
  package var stamp: SessionStamp
  package var message: Message

  @inlinable package init(stamp: SessionStamp, message: Message) {
    self.stamp = stamp
    self.message = message
  }
}
