// What ZeroMQ holds of each connection's bytes beyond the messages that were taken from it. A pure
// state machine: the counts are handed in.

import Basics

/// Finds the connections that make ZeroMQ's memory grow.
///
/// ZeroMQ bounds the length of a frame and the number of whole messages it reads ahead, but not the
/// number of frames of a message: one that never ends is collected until the memory is full. The
/// kernel counts what the process has read from a TCP connection; what is not in the messages that
/// were taken lies with ZeroMQ. Of sockets in the file system nothing is known, and their files'
/// permissions say who may connect.
package struct ReceiveWatch {
  /// What a connection may have unread.
  package struct Bounds {
    /// While ZeroMQ may hold whole messages that nobody took yet.
    let backlog: Int
    /// When every whole message was taken, so that all that is left is a message in the making.
    let message: Int
    let stranger: Int
    let strangers: Int

    /// What encryption adds to a frame.
    private let bytesAroundFrame: Int
    /// A probe for a sign of life and an answer every ten seconds.
    let probeBytesPerSecond: Double

    package init(_ limits: EndpointLimits, _ security: EndpointSecurity = .none) {
      bytesAroundFrame = security.bytesAroundFrame
      probeBytesPerSecond = 4 + Double(2 * bytesAroundFrame) / 10
      let frame = Self.wireBytes(ofFrame: limits.frameBytes, around: bytesAroundFrame)
      message = 2 * limits.framesPerMessage * frame
      backlog = (Int(limits.readAheadMessages) + 2) * limits.framesPerMessage * frame
      stranger = limits.unreadBytesPerStranger
      strangers = limits.unreadBytesOfStrangers
    }

    package func wireBytes(ofFrame bytes: Int) -> Int {
      Self.wireBytes(ofFrame: bytes, around: bytesAroundFrame)
    }

    /// ZMTP 3: a flag and a length of one or eight bytes.
    private static func wireBytes(ofFrame bytes: Int, around: Int) -> Int {
      bytes + around + (bytes + around > 255 ? 9 : 2)
    }
  }

  private struct Line {
    let opened: Instant
    /// In frames of messages that were taken.
    var taken = 0
  }

  package let bounds: Bounds
  private var lines: [Int32: Line] = [:]

  /// Greeting and handshake are in no frame that is taken, nor are the probes for signs of life.
  private static let handshakeBytes = 8 << 10

  package init(_ bounds: Bounds) { self.bounds = bounds }

  package var isEmpty: Bool { lines.isEmpty }
  package var descriptors: [Int32] { lines.keys.sorted() }

  package mutating func opened(_ descriptor: Int32, at now: Instant) {
    lines[descriptor] = Line(opened: now)
  }

  package mutating func closed(_ descriptor: Int32) { lines[descriptor] = nil }

  package mutating func took(wireBytes: Int, over descriptor: Int32) {
    lines[descriptor]?.taken += wireBytes
  }

  /// The connections to close.
  /// - Parameters:
  ///   - read: the bytes that were read from each connection when the socket was last asked for
  ///     messages.
  ///   - isDrained: whether it had no more to give after that.
  package func excessive(
    read: [Int32: Int], isDrained: Bool, at now: Instant, isStranger: (Int32) -> Bool
  ) -> [Int32] {
    var excessive: [Int32] = []
    var strangers: [(descriptor: Int32, unread: Int)] = []
    for descriptor in descriptors {
      guard let line = lines[descriptor], let count = read[descriptor] else { continue }
      let probes = Int((now - line.opened).seconds * bounds.probeBytesPerSecond)
      let unread = count - line.taken - Self.handshakeBytes - probes
      if unread > (isDrained ? bounds.message : bounds.backlog) {
        excessive.append(descriptor)
      } else if unread > 0, isStranger(descriptor) {
        strangers.append((descriptor, unread))
      }
    }
    // The largest first, until the others are within the bound together.
    var sum = strangers.reduce(0) { $0 + $1.unread }
    for (descriptor, unread) in strangers.sorted(by: { $0.unread > $1.unread }) {
      if unread <= bounds.stranger && sum <= bounds.strangers { break }
      sum -= unread
      excessive.append(descriptor)
    }
    return excessive
  }
}
