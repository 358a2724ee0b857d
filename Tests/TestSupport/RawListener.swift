// What a connecting endpoint meets when there is no endpoint of ours at its address.

import Foundation

/// Accepts connections on a port of 127.0.0.1 and says nothing by itself.
package final class RawListener: Sendable {
  package let port: UInt16
  private let descriptor: Int32

  package init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = descriptor
    let code = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 64) == 0
          && getsockname(listener, $0, &size) == 0 ? 0 : errno
      }
    }
    guard code == 0 else { throw POSIXError(POSIXError.Code(rawValue: code) ?? .EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  package var address: String { "tcp://127.0.0.1:\(port)" }

  /// The next connection; nil when none comes in time.
  package func accept(patienceSeconds: Int = 60) -> RawPeer? {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard Foundation.poll(&poll, 1, Int32(patienceSeconds * 1000)) > 0 else { return nil }
    let accepted = Foundation.accept(descriptor, nil, nil)
    return accepted < 0 ? nil : RawPeer(accepted: accepted)
  }
}
