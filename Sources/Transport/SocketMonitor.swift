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
  /// A connection was made, and ends before its first message.
  case handshakeFailed(HandshakeFailure)
}

/// What ZeroMQ says of a greeting that came to nothing.
enum HandshakeFailure {
  /// One side has keys and the other has none.
  case otherMechanism
  /// The listener does not admit the key.
  case notAdmitted
  /// The other side's greeting breaks the protocol, or is for another key.
  case unreadable
  /// The connection ended, or nothing came for too long.
  case brokenOff

  init(protocolError: Int32) {
    self =
      protocolError == Int32(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
      ? .otherMechanism : .unreadable
  }
}

/// The receiving end of a socket's monitor; used and closed by the socket's thread.
struct SocketMonitor {
  let socket: ZeroMQSocket
  private let watched: ZeroMQSocket

  private static let endpoint = "inproc://connections"
  private static let events =
    ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
    | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
    | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL

  /// - Throws: when ZeroMQ has no socket left. None is left open then.
  init(context: UnsafeMutableRawPointer, of watched: ZeroMQSocket) throws(ZeroMQError) {
    guard zmq_socket_monitor(watched.handle, Self.endpoint, Int32(Self.events)) == 0,
      let receiver = zmq_socket(context, ZMQ_PAIR)
    else { throw ZeroMQError(code: zmq_errno()) }
    socket = ZeroMQSocket(handle: receiver)
    self.watched = watched
    do throws(ZeroMQError) {
      // The sender would block ZeroMQ's I/O thread when this queue is full.
      try socket.set(ZMQ_RCVHWM, Int32(0))
      try socket.set(ZMQ_LINGER, Int32(0))
      if zmq_connect(receiver, Self.endpoint) != 0 { throw ZeroMQError(code: zmq_errno()) }
    } catch {
      socket.close()
      throw error
    }
  }

  /// Ends the watching and closes the receiving end; before the watched socket is closed.
  ///
  /// In this order: of an event that finds its receiver closed half-way ZeroMQ keeps the second
  /// frame for good.
  func close() {
    zmq_socket_monitor(watched.handle, nil, 0)
    socket.close()
  }

  /// The next event that is not taken yet; nil when there is none.
  func next() -> ConnectionEvent? {
    while let frame = socket.receive() {
      // 16 bits of event, 32 bits of value; then a frame with the address.
      while frame.hasMore, socket.skip() {}
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
      case Int32(ZMQ_EVENT_HANDSHAKE_FAILED_AUTH): return .handshakeFailed(.notAdmitted)
      case Int32(ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL): return .handshakeFailed(.brokenOff)
      case Int32(ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL):
        return .handshakeFailed(HandshakeFailure(protocolError: value))
      default: continue
      }
    }
    return nil
  }
}
