// Names of machines in addresses, and what they resolve to. Looking up may take as long as the name
// service likes, so a thread of its own does it.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// The host and port of a `tcp://` address whose host has to be looked up.
package struct HostName: Sendable, Equatable {
  package let name: String
  package let port: String

  /// Nil for an address in digits, a socket in the file system, and whatever is left to ZeroMQ's
  /// judgement.
  package init?(in address: String) {
    guard address.hasPrefix("tcp://"), let colon = address.lastIndex(of: ":") else { return nil }
    let start = address.index(address.startIndex, offsetBy: "tcp://".count)
    guard start < colon else { return nil }
    let host = String(address[start..<colon])
    let isName = host.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }
    var digits = in_addr()
    let port = String(address[address.index(after: colon)...])
    guard isName, UInt16(port) != nil, inet_pton(AF_INET, host, &digits) != 1 else { return nil }
    name = host
    self.port = port
  }

  /// What the name service says: addresses in ZeroMQ's spelling, in its order, each once, or why
  /// there are none.
  package enum Answer: Sendable, Equatable {
    case addresses([String])
    case unknown(reason: String)
  }

  /// Asks the name service; returns when it has answered.
  package func lookUp() -> Answer {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, nil, &hints, &found)
    guard code == 0 else { return .unknown(reason: String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(found) }
    var addresses: [String] = []
    var entry = found
    while let info = entry?.pointee {
      entry = info.ai_next
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard
        getnameinfo(
          info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let host = String(
        decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let address = info.ai_family == AF_INET6 ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
      if !addresses.contains(address) { addresses.append(address) }
    }
    return addresses.isEmpty ? .unknown(reason: "it has no address") : .addresses(addresses)
  }
}

/// A look-up under way on a thread that nobody waits for: an endpoint that closes leaves it behind.
final class LookUp: Sendable {
  private let answer = Monitor<HostName.Answer?>(nil)

  /// - Parameter wakeUp: set when there is an answer.
  init(_ directory: AddressDirectory, wakeUp: EventFD) {
    let answer = answer
    do {
      let thread = try SystemThread("name service") {
        let found = directory.lookUp()
        answer.withLock { $0 = found }
        wakeUp.set()
      }
      thread.detach()
    } catch {
      answer.withLock { $0 = .unknown(reason: "\(error)") }
      wakeUp.set()
    }
  }

  func take() -> HostName.Answer? { answer.withLock { $0 } }
}
