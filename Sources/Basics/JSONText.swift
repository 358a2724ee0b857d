// JSON as Terrane writes and reads it: stable bytes, and errors a person can act on.

import Foundation

package enum JSONText {
  /// How a value is laid out.
  package enum Layout {
    /// Indented, for files that people look into.
    case indented
    /// On one line.
    case line
  }

  /// Sorted keys: equal values give equal bytes. Without a line break at the end.
  package static func encode(_ value: some Encodable, _ layout: Layout) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if layout == .indented { encoder.outputFormatting.insert(.prettyPrinted) }
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The value in a file; nil for one that is not there, is too large, or holds another kind.
  package static func value<Value: Decodable>(
    _ type: Value.Type, at path: String, limitBytes: Int
  ) -> Value? {
    guard let bytes = try? Files.readBytes(path, limitBytes: limitBytes) else { return nil }
    return try? JSONDecoder().decode(type, from: Data(bytes))
  }

  /// A string (RFC 8259, section 7), quotes included; what is invisible is escaped.
  package static func quoted(_ text: String) -> String {
    func needsNoEscape(_ byte: UInt8) -> Bool {
      byte &- 0x20 < 0x5F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
    let isPlain =
      text.utf8.withContiguousStorageIfAvailable { $0.allSatisfy(needsNoEscape) }
      ?? text.utf8.allSatisfy(needsNoEscape)
    if isPlain { return "\"" + text + "\"" }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.isInvisible:
        for unit in String(scalar).utf16 { result += "\\u" + unit.zeroPadded(to: 4, radix: 16) }
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

extension DecodingError {
  /// In one line: the field, and what is wrong with it.
  package var summary: String {
    let context: Context
    var path: [any CodingKey] = []
    switch self {
    case .keyNotFound(let key, let found):
      return (found.codingPath + [key]).map(\.stringValue).joined(separator: ".") + " is missing"
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      context = found
      path = found.codingPath
    @unknown default:
      return "\(self)"
    }
    if path.isEmpty { return context.debugDescription }
    return path.map(\.stringValue).joined(separator: ".") + ": " + context.debugDescription
  }
}
