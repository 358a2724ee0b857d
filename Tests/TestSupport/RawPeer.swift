// A peer that speaks ZeroMQ's protocol byte by byte, to do what no endpoint of ours would.

import Foundation

/// ZMTP 3.0 as a DEALER: https://rfc.zeromq.org/spec/23.
package final class RawPeer: Sendable {
  private let descriptor: Int32

  /// Connects to a socket in the file system.
  package init(_ path: String) {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// Connects to a port of 127.0.0.1.
  package init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if result != 0 { throw POSIXError(POSIXError.Code(rawValue: errno) ?? .ECONNREFUSED) }
  }

  /// Greeting and READY, and reads the listener's.
  package func shakeHands() {
    let mechanism = Array("NULL".utf8) + [UInt8](repeating: 0, count: 16)
    write(
      [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0] + mechanism + [UInt8](repeating: 0, count: 32))
    read(64)
    let body =
      [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6]
      + Array("DEALER".utf8)
    write([4, UInt8(body.count)] + body)
    read(2)
  }

  package func sendFrame(_ bytes: [UInt8], hasMore: Bool = false) {
    write([hasMore ? 1 : 0, UInt8(bytes.count)] + bytes)
  }

  package func write(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  private func read(_ count: Int) {
    var bytes = [UInt8](repeating: 0, count: count)
    var got = 0
    while got < count {
      let more = bytes.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress! + got, count - got, 0)
      }
      if more <= 0 { return }
      got += more
    }
  }

  /// Says no more, and returns when the listener has read everything and closed too, or after some seconds.
  package func finish() {
    shutdown(descriptor, Int32(SHUT_WR))
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var bytes = [UInt8](repeating: 0, count: 4096)
    while recv(descriptor, &bytes, bytes.count, 0) > 0 {}
    close(descriptor)
  }

  /// As the system does for a killed process. Over TCP, what the listener has not read yet is lost.
  package func vanish() { close(descriptor) }
}
