// ZeroMQ's own events about connections, which reach us beside the messages.

import Basics
import CZeroMQ

enum ConnectionEvent {
  case accepted(descriptor: Int32)
  /// This endpoint's own connection was made; the handshake follows.
  case connected(descriptor: Int32)
  /// This endpoint's own connection is ready for messages.
  case ready
  case closed(descriptor: Int32)
  /// This endpoint's own connection will be tried again.
  case retrying
}

/// The receiving end of a socket's monitor; used and closed by the socket's thread.
struct SocketMonitor {
  let verbs: SocketVerbs

  private static let endpoint = "inproc://connections"
  private static let events =
    ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
    | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED

  /// nil when ZeroMQ has no socket left; `zmq_errno` says so.
  init?(context: UnsafeMutableRawPointer, of socket: UnsafeMutableRawPointer) {
    guard zmq_socket_monitor(socket, Self.endpoint, Int32(Self.events)) == 0,
      let receiver = zmq_socket(context, ZMQ_PAIR)
    else { return nil }
    verbs = SocketVerbs(socket: receiver)
    // The sender would block ZeroMQ's I/O thread when this queue is full.
    verbs.set(ZMQ_RCVHWM, Int32(0))
    verbs.set(ZMQ_LINGER, Int32(0))
    if zmq_connect(receiver, Self.endpoint) != 0 {
      zmq_close(receiver)
      return nil
    }
  }

  /// The next event that is not taken yet; nil when there is none.
  func next() -> ConnectionEvent? {
    while let frame = verbs.receive() {
      // 16 bits of event, 32 bits of value; then a frame with the address.
      while frame.hasMore, verbs.receive()?.hasMore == true {}
      guard frame.bytes.count == 6 else { continue }
      let (event, value) = frame.bytes.withUnsafeBytes {
        (
          Int32($0.loadUnaligned(as: UInt16.self)),
          $0.loadUnaligned(fromByteOffset: 2, as: Int32.self)
        )
      }
      switch event {
      case Int32(ZMQ_EVENT_ACCEPTED): return .accepted(descriptor: value)
      case Int32(ZMQ_EVENT_CONNECTED): return .connected(descriptor: value)
      case Int32(ZMQ_EVENT_HANDSHAKE_SUCCEEDED): return .ready
      case Int32(ZMQ_EVENT_DISCONNECTED): return .closed(descriptor: value)
      case Int32(ZMQ_EVENT_CONNECT_RETRIED): return .retrying
      default: continue
      }
    }
    return nil
  }
}
