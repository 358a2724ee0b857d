// Why a message could not be read or written.

/// A message that breaks the protocol, with what was found. The sender is at fault or is another
/// version; the reader is unharmed and refuses or drops the peer.
package enum WireError: Error, Equatable, CustomStringConvertible {
  /// There was no frame at all.
  case empty
  case wrongFrameCount(message: String, expected: Int, found: Int)
  case headerTooLong(bytes: Int, limit: Int)
  /// The header frame is not protobuf of `Proto/terrane.proto`.
  case malformedHeader(bytes: Int)
  /// A message this version does not know.
  case unknownKind(sender: String)
  case missingField(String)
  /// An enumeration's number that this version does not know.
  case unknownValue(field: String, found: Int)
  /// A number outside its bounds, or a text, list or payload that is too long.
  case outOfRange(field: String, found: String, allowed: String)
  case notUTF8(field: String)

  package var description: String {
    switch self {
    case .empty:
      "a message without frames"
    case .wrongFrameCount(let message, let expected, let found):
      "message \(message) came with \(found) frames instead of \(expected)"
    case .headerTooLong(let bytes, let limit):
      "a message header of \(bytes) bytes; at most \(limit) are allowed"
    case .malformedHeader(let bytes):
      "a message header of \(bytes) bytes is damaged or no Terrane header"
    case .unknownKind(let sender):
      "a \(sender) sent a message of unknown kind; do both sides run the same version of Terrane?"
    case .missingField(let field):
      "a message lacks \(field)"
    case .unknownValue(let field, let found):
      "\(field) has the unknown value \(found); do both sides run the same version of Terrane?"
    case .outOfRange(let field, let found, let allowed):
      "\(field) is \(found); allowed is \(allowed)"
    case .notUTF8(let field):
      "\(field) is not UTF-8 text"
    }
  }
}
