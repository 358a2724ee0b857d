// Places for sockets, and a peer that speaks ZeroMQ's protocol byte by byte, to do what no endpoint of ours
// would.

import Foundation
import Foundations
import Testing
import Transport

/// A folder for sockets, removed at the end.
final class SocketFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("tt-\(UUID().uuidString.prefix(8))").path
    try Files.createFolder(path)
  }

  deinit { try? Files.remove(path) }

  var address: String { "ipc://\(path)/s" }
}

/// Long enough for a loaded machine; no test waits for it when things are right.
let patience = Duration.seconds(20)

extension Endpoint {
  /// The next event that is a message.
  func nextMessage() -> (peer: Peer?, frames: [[UInt8]])? {
    while let event = receive(timeout: patience) {
      if case .message(let peer, let frames) = event { return (peer, frames) }
    }
    return nil
  }
}

/// ZMTP 3.0 over a socket in the file system, as a DEALER: https://rfc.zeromq.org/spec/23.
final class RawPeer: Sendable {
  private let descriptor: Int32

  init(_ path: String) {
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

  /// Greeting and READY, and reads the listener's.
  func shakeHands() {
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

  func sendFrame(_ bytes: [UInt8], hasMore: Bool = false) {
    write([hasMore ? 1 : 0, UInt8(bytes.count)] + bytes)
  }

  func write(_ bytes: [UInt8]) {
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

  /// As the system does for a killed process.
  func vanish() { close(descriptor) }
}
