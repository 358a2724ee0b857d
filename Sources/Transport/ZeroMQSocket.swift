// A socket of ZeroMQ: messages out without copying, messages in with one copy, options.

import Basics
import CZeroMQ

/// Keeps a frame's bytes alive while ZeroMQ holds them, and gives their budget back afterwards.
private final class FrameOwner {
  let bytes: [UInt8]
  let cost: Int
  let budget: SendBudget

  init(_ bytes: [UInt8], cost: Int, _ budget: SendBudget) {
    self.bytes = bytes
    self.cost = cost
    self.budget = budget
  }
}

enum SendResult {
  case sent
  /// Not now; nothing was taken.
  case blocked
  /// No such peer; nothing was taken.
  case unreachable
}

/// What ZeroMQ refused.
struct ZeroMQError: Error {
  /// The option that could not be set; nil where something else failed.
  var option: Int32?
  let code: Int32
}

/// Only the thread that made the socket may use it.
struct ZeroMQSocket {
  let handle: UnsafeMutableRawPointer

  func close() { zmq_close(handle) }

  /// Sends a message. Its frames' bytes are not copied: they are immutable, and each frame's owner
  /// is released by ZeroMQ's callback, from whatever thread, when the last byte is with the system.
  func send(_ message: OutgoingMessage) -> SendResult {
    if let peer = message.peer { return send(message, to: peer) }
    for (index, frame) in message.frames.enumerated() {
      let more = index + 1 < message.frames.count ? ZMQ_SNDMORE : 0
      let cost = OutgoingMessage.cost(of: frame)
      if sendFrame(frame, cost: cost, message.budget, flags: more | ZMQ_DONTWAIT) { continue }
      // Only a message's first frame can fail; ZeroMQ drops the rest of one whose peer goes.
      if index == 0 { return .blocked }
      message.budget.release(cost)
    }
    return .sent
  }

  /// Each frame as a message of its own (see `PeerNames`).
  private func send(_ message: OutgoingMessage, to peer: Peer) -> SendResult {
    for (index, part) in FrameParts.parts(of: message.frames).enumerated() {
      let cost = OutgoingMessage.cost(of: message.frames[index])
      let isAddressed = peer.identity.withUnsafeBytes {
        zmq_send(handle, $0.baseAddress, $0.count, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0
      }
      if !isAddressed && index == 0 {
        // EAGAIN cannot be: the queues to peers are unbounded in number (see SendBudget).
        return zmq_errno() == EAGAIN ? .blocked : .unreachable
      }
      // A peer may go between two parts; the news of it comes by itself.
      if isAddressed && sendFrame(part, cost: cost, message.budget, flags: ZMQ_DONTWAIT) {
        continue
      }
      message.budget.release(cost)
    }
    return .sent
  }

  /// Whatever comes of it, on true the frame's budget is released by ZeroMQ, on false it is still
  /// held.
  private func sendFrame(
    _ frame: [UInt8], cost: Int, _ budget: SendBudget, flags: Int32
  ) -> Bool {
    var message = zmq_msg_t()
    let owner = Unmanaged.passRetained(FrameOwner(frame, cost: cost, budget))
    // The pointer outlives the closure: the array's storage is a heap object that `owner` keeps,
    // and it never moves. An empty array has no storage of its own, and ZeroMQ reads none.
    let code = frame.withUnsafeBytes { bytes in
      zmq_msg_init_data(
        &message, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count,
        { _, hint in
          let owner = Unmanaged<FrameOwner>.fromOpaque(hint!).takeRetainedValue()
          owner.budget.release(owner.cost)
        }, owner.toOpaque())
    }
    precondition(code == 0, "zmq_msg_init_data is out of memory")
    if zmq_msg_send(&message, handle, flags) >= 0 { return true }
    // Closing runs the callback; what it releases is reserved again for the next attempt.
    budget.hold(cost)
    zmq_msg_close(&message)
    return false
  }

  /// A received frame, copied: at most a megabyte for a tenth of a millisecond, after which it is a
  /// plain value that outlives the socket.
  struct Frame {
    let bytes: [UInt8]
    let hasMore: Bool
    /// The descriptor of the connection it came over; -1 when unknown, as it is for the frame with
    /// the sender's identity, which the socket makes itself.
    let source: Int32
    /// Of the host at the other end of that connection, in digits; of the last frame of a message
    /// only.
    let sourceHost: String?
    /// What the key of that connection is, in the last frame of a message; nil without encryption.
    let sourceKey: PublicKey?
  }

  /// The next frame; nil when there is none now.
  func receive() -> Frame? {
    var message = zmq_msg_t()
    zmq_msg_init(&message)
    defer { zmq_msg_close(&message) }
    if zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) < 0 { return nil }
    let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))
    let hasMore = zmq_msg_more(&message) != 0
    let property = { (name: String) in
      hasMore ? nil : zmq_msg_gets(&message, name).map { String(cString: $0) }
    }
    return Frame(
      bytes: [UInt8](bytes), hasMore: hasMore, source: zmq_msg_get(&message, ZMQ_SRCFD),
      sourceHost: property("Peer-Address"), sourceKey: property("User-Id").flatMap(PublicKey.init))
  }

  /// Sends a short message whose bytes are copied; what cannot go is dropped.
  func send(_ frames: [[UInt8]]) {
    for (index, frame) in frames.enumerated() {
      let more = index + 1 < frames.count ? ZMQ_SNDMORE : 0
      guard zmq_send(handle, frame, frame.count, more | ZMQ_DONTWAIT) >= 0 else { return }
    }
  }

  /// Drops the next frame without copying it. (A copy that nobody looks at is freed by Swift 6.3's
  /// optimizer before it is filled.)
  /// - Returns: whether more frames of its message follow; false when there is none now.
  func skip() -> Bool {
    var message = zmq_msg_t()
    zmq_msg_init(&message)
    defer { zmq_msg_close(&message) }
    return zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) >= 0 && zmq_msg_more(&message) != 0
  }

  // Options. A caller cannot go on without knowing that one was not taken: some of them are what
  // keeps strangers out.

  func set(_ option: Int32, _ value: Int32) throws(ZeroMQError) {
    var value = value
    try check(zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size), option)
  }

  func set(_ option: Int32, _ value: Int64) throws(ZeroMQError) {
    var value = value
    try check(zmq_setsockopt(handle, option, &value, MemoryLayout<Int64>.size), option)
  }

  func set(_ option: Int32, _ value: String) throws(ZeroMQError) {
    var value = value
    let code = value.withUTF8 { zmq_setsockopt(handle, option, $0.baseAddress, $0.count) }
    try check(code, option)
  }

  func set(_ option: Int32, _ value: [UInt8]) throws(ZeroMQError) {
    try check(zmq_setsockopt(handle, option, value, value.count), option)
  }

  private func check(_ result: Int32, _ option: Int32) throws(ZeroMQError) {
    if result != 0 { throw ZeroMQError(option: option, code: zmq_errno()) }
  }
}
