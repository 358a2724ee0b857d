// How a message of several frames travels from a listener to a peer: each frame as a ZeroMQ message
// of its own. See `PeerNames` for why a listener cannot send them as one.

/// A message whose parts follow each other over one connection. The first part is the first frame
/// behind a head: a zero byte, the number of frames (16 bits, little-endian) and the bytes of each
/// but the first (32 bits each). A message of one frame that does not begin with a zero byte goes
/// without a head.
package enum FrameParts {
  static let headBytes = 3
  static let bytesPerLength = 4

  /// - Parameter frames: 1 to 65535 of less than 4 GiB. All but the first are shared, not copied.
  package static func parts(of frames: [[UInt8]]) -> [[UInt8]] {
    if frames.count == 1 && frames[0].first != 0 { return frames }
    precondition(frames.count <= UInt16.max)
    var first: [UInt8] = [0, UInt8(frames.count & 0xFF), UInt8(frames.count >> 8)]
    first.reserveCapacity(
      headBytes + bytesPerLength * (frames.count - 1) + frames[0].count)
    for frame in frames.dropFirst() {
      withUnsafeBytes(of: UInt32(frame.count).littleEndian) { first.append(contentsOf: $0) }
    }
    first.append(contentsOf: frames[0])
    return [first] + frames.dropFirst()
  }

  /// By how much the first part may be longer than the first frame.
  static func longestHead(framesPerMessage: Int) -> Int {
    headBytes + bytesPerLength * max(0, framesPerMessage - 1)
  }
}

/// Puts parts together again. A pure state machine that holds one message at most.
///
/// The parts of a message that was under way when its connection broke never come. A part that has
/// another length than was announced begins a new message; should it have the same, the message
/// that comes of it belongs to the connection that broke, and whoever reads it knows that by its
/// session.
package struct FrameAssembly {
  package enum Outcome: Equatable {
    case incomplete
    case message([[UInt8]])
    case refused(TransportError)
  }

  private struct Pending {
    var frames: [[UInt8]]
    /// Of the frames that are still to come, the last first.
    var lengths: [Int]
    let count: Int
  }

  private let framesPerMessage: Int
  private var pending: Pending?

  package init(framesPerMessage: Int) { self.framesPerMessage = framesPerMessage }

  package mutating func take(_ part: [UInt8]) -> Outcome {
    if var message = pending, message.lengths.last == part.count {
      message.lengths.removeLast()
      if message.count <= framesPerMessage { message.frames.append(part) }
      return finish(message)
    }
    pending = nil
    guard part.first == 0 else { return .message([part]) }
    guard let message = Self.beginning(with: part) else {
      return .refused(.unreadableParts(bytes: part.count))
    }
    return finish(message)
  }

  /// The connection has ended.
  package mutating func forget() { pending = nil }

  private mutating func finish(_ message: Pending) -> Outcome {
    guard message.lengths.isEmpty else {
      pending = message
      return .incomplete
    }
    pending = nil
    return message.count <= framesPerMessage
      ? .message(message.frames)
      : .refused(.tooManyFrames(found: message.count, limit: framesPerMessage))
  }

  /// Nil for what no listener sends.
  private static func beginning(with part: [UInt8]) -> Pending? {
    guard part.count >= FrameParts.headBytes else { return nil }
    let count = Int(part[1]) | Int(part[2]) << 8
    let start = FrameParts.headBytes + FrameParts.bytesPerLength * max(0, count - 1)
    guard count > 0, part.count >= start else { return nil }
    let lengths = (0..<count - 1).reversed().map { index in
      part[(FrameParts.headBytes + FrameParts.bytesPerLength * index)...]
        .prefix(FrameParts.bytesPerLength).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    return Pending(frames: [Array(part[start...])], lengths: lengths, count: count)
  }
}
