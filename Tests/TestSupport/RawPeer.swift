// A peer that speaks byte by byte, to do what no endpoint and no browser would: ZeroMQ's protocol,
// or HTTP.

import Foundation

/// One end of a connection. What it knows of itself is ZMTP 3.0: https://rfc.zeromq.org/spec/23.
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
  /// - Parameter source: the address of this machine that the connection comes from.
  package init(port: UInt16, from source: String = "127.0.0.1") throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    func address(_ host: String, _ port: UInt16) -> sockaddr_in {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = inet_addr(host)
      return address
    }
    var (here, there) = (address(source, 0), address("127.0.0.1", port))
    let socket = descriptor
    let isConnected =
      withUnsafePointer(to: &here) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) == 0 }
      }
      && withUnsafePointer(to: &there) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) == 0 }
      }
    if !isConnected {
      let code = errno
      close(descriptor)
      throw POSIXError(POSIXError.Code(rawValue: code) ?? .ECONNREFUSED)
    }
  }

  /// Takes over a connection that a `RawListener` accepted.
  init(accepted descriptor: Int32) { self.descriptor = descriptor }

  /// Greeting and READY, and reads the other side's.
  /// - Parameter name: the routing identity to ask for; none is asked for when empty.
  package func shakeHands(as type: String = "DEALER", name: [UInt8] = []) {
    setPatience(seconds: 10)
    write(Self.greeting)
    read(64)
    write(Self.ready(as: type, name: name))
    if let head = read(2) { read(Int(head[1])) }
  }

  /// The greeting of a client without security.
  package static let greeting: [UInt8] =
    [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0] + Array("NULL".utf8)
    + [UInt8](repeating: 0, count: 48)

  package static func ready(as type: String, name: [UInt8] = []) -> [UInt8] {
    var body =
      [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8)
      + bigEndian(UInt32(type.utf8.count)) + Array(type.utf8)
    if !name.isEmpty {
      body += [8] + Array("Identity".utf8) + bigEndian(UInt32(name.count)) + name
    }
    // 4 marks a command, 6 a long one.
    return body.count < 256
      ? [4, UInt8(body.count)] + body : [6] + bigEndian(UInt64(body.count)) + body
  }

  package func sendFrame(_ bytes: [UInt8], hasMore: Bool = false) {
    write(Self.frame(bytes, hasMore: hasMore))
  }

  /// A frame as it travels.
  package static func frame(_ bytes: [UInt8], hasMore: Bool = false) -> [UInt8] {
    let more: UInt8 = hasMore ? 1 : 0
    return bytes.count < 256
      ? [more, UInt8(bytes.count)] + bytes : [more | 2] + bigEndian(UInt64(bytes.count)) + bytes
  }

  private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  /// Waits some seconds while the other side does not read.
  /// - Returns: false when it has closed the connection, or did not read for so long.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  @discardableResult
  private func read(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var got = 0
    while got < count {
      let more = bytes.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress! + got, count - got, 0)
      }
      if more <= 0 { return nil }
      got += more
    }
    return bytes
  }

  /// What the other side says until it closes the connection, or until a text was read, or for some
  /// seconds.
  package func read(until end: String? = nil) -> String {
    setPatience(seconds: 10)
    var text: [UInt8] = []
    var bytes = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      if count <= 0 { break }
      text += bytes[..<count]
      if let end, String(decoding: text, as: UTF8.self).contains(end) { break }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// For reading and for writing.
  private func setPatience(seconds: Int) {
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      var limit = timeval(tv_sec: seconds, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  /// Reads until the other side closes the connection, or for some seconds.
  /// - Returns: whether it did.
  @discardableResult
  package func waitForEnd() -> Bool {
    setPatience(seconds: 10)
    var bytes = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      if count > 0 { continue }
      return count == 0 || errno == ECONNRESET
    }
  }

  /// Says no more, and returns when the other side has read everything and closed too, or after
  /// some seconds.
  package func finish() {
    shutdown(descriptor, Int32(SHUT_WR))
    waitForEnd()
    close(descriptor)
  }

  /// As the system does for a killed process. Over TCP, what the other side has not read yet is
  /// lost.
  package func vanish() { close(descriptor) }
}
