// Where a connection comes from, as coarsely as floods are counted.

#if canImport(Glibc)
  import Glibc
#endif

/// The source of a connection that can be held to account: who has one address of it may have all.
package enum PeerOrigin: Hashable, Sendable, CustomStringConvertible {
  /// A socket in the file system, whose permissions say who may connect.
  case local
  /// An IPv4 address (4 bytes), the first 64 bits of an IPv6 address (8 bytes), or one that cannot
  /// be read (none).
  case network([UInt8])

  /// - Parameter host: an address in digits, without a port, as the C library writes it.
  package init(host: String) {
    let digits = String(host.prefix { $0 != "%" })
    var (short, long) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, digits, &short) == 1 {
      self = .network(withUnsafeBytes(of: short) { Array($0) })
    } else if inet_pton(AF_INET6, digits, &long) == 1 {
      let bytes = withUnsafeBytes(of: long) { Array($0) }
      let isMapped = bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
      self = .network(Array(isMapped ? bytes.suffix(4) : bytes.prefix(8)))
    } else {
      self = .network([])
    }
  }

  package var description: String {
    switch self {
    case .local: "a socket in the file system"
    case .network(let bytes) where bytes.count == 4:
      bytes.map { "\($0)" }.joined(separator: ".")
    case .network(let bytes) where bytes.count == 8:
      stride(from: 0, to: 8, by: 2)
        .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
        .joined(separator: ":") + "::/64"
    case .network: "an address that cannot be read"
    }
  }
}
