// Keys of CURVE, ZeroMQ's encryption (CurveZMQ, RFC 26): Curve25519 where two sides meet,
// XSalsa20-Poly1305 for what they say. Not here: files that hold keys.

import CZeroMQ

/// What a peer proves to have the secret of.
package struct PublicKey: Hashable, Sendable, CustomStringConvertible {
  package static let byteCount = 32

  /// 32 of them.
  let bytes: [UInt8]

  init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// - Parameter text: 40 characters of Z85, as ZeroMQ writes keys (RFC 32).
  package init?(_ text: String) {
    guard let bytes = Z85.bytes(text) else { return nil }
    self.bytes = bytes
  }

  package var description: String { Z85.text(bytes) }
}

/// Says nothing of itself where a text is made of it.
package struct SecretKey: Sendable, CustomStringConvertible, CustomReflectable {
  /// 32 of them.
  let bytes: [UInt8]
  package let publicKey: PublicKey

  /// - Parameter text: 40 characters of Z85.
  package init?(_ text: String) {
    guard let bytes = Z85.bytes(text) else { return nil }
    var derived = Z85.buffer
    guard zmq_curve_public(&derived, text) == 0, let publicKey = PublicKey(Z85.text(in: derived))
    else { return nil }
    self.bytes = bytes
    self.publicKey = publicKey
  }

  /// A new one, from the system's source of random numbers.
  /// - Throws: `TransportError.noEncryption` where this machine's libzmq has none.
  package static func generate() throws(TransportError) -> SecretKey {
    var (publicText, secretText) = (Z85.buffer, Z85.buffer)
    guard zmq_curve_keypair(&publicText, &secretText) == 0,
      let key = SecretKey(Z85.text(in: secretText))
    else { throw .noEncryption }
    return key
  }

  /// What a file of keys holds: the one way to the secret.
  package var secretText: String { Z85.text(bytes) }

  package var description: String { "the secret of \(publicKey)" }
  package var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}

/// ZeroMQ's writing of 32 bytes.
private enum Z85 {
  static let characterCount = PublicKey.byteCount / 4 * 5

  static func bytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count == characterCount, !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
    return zmq_z85_decode(&bytes, text) == nil ? nil : bytes
  }

  static func text(_ bytes: [UInt8]) -> String {
    var text = buffer
    zmq_z85_encode(&text, bytes, bytes.count)
    return self.text(in: text)
  }

  /// Room for a text of ZeroMQ with its final NUL.
  static var buffer: [CChar] { [CChar](repeating: 0, count: characterCount + 1) }

  static func text(in buffer: [CChar]) -> String {
    String(decoding: buffer.prefix(characterCount).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
