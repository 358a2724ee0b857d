// Where a page is served, as it is written on a command line.

import Basics

/// A host and a port: `127.0.0.1:8080`, `[::1]:8080`, `*:8080`.
package struct ListenAddress: Equatable, Sendable {
  package let host: String
  /// 0 is any that is free.
  package let port: Int

  /// - Throws: `ServingError.notAnAddress`.
  package init(_ text: String) throws(ServingError) {
    guard let colon = text.lastIndex(of: ":") else { throw .notAnAddress(text) }
    let digits = text[text.index(after: colon)...]
    // A number in Swift may have a sign.
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(digits) else {
      throw .notAnAddress(text)
    }
    var host = String(text[..<colon])
    if host.hasPrefix("[") && host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw .notAnAddress(text)
    }
    if host.isEmpty || host.contains(where: { $0.isWhitespace || $0 == "/" }) {
      throw .notAnAddress(text)
    }
    self.host = host == "*" ? "0.0.0.0" : host
    self.port = Int(port)
  }

  /// As it is written in an address of the web.
  package static func text(host: String, port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
