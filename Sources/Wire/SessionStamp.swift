// Where a message belongs in the talk of two processes. Who checks it, and what follows, is Coordination's.

/// Which greeting a message belongs to, and its place among the messages that its sender sent in that session.
public struct SessionStamp: Hashable, Sendable {
  /// Counts a worker process' greetings, from 1 on.
  public var session: UInt32
  /// From 0 on, each way.
  public var sequence: UInt64

  public init(session: UInt32, sequence: UInt64) {
    self.session = session
    self.sequence = sequence
  }
}

/// A message as it travels.
public struct Stamped<Message: Equatable & Sendable>: Equatable, Sendable {
  public var stamp: SessionStamp
  public var message: Message

  public init(stamp: SessionStamp, message: Message) {
    self.stamp = stamp
    self.message = message
  }
}
