// JSON as this room writes and reads it: stable bytes, and errors a person can act on.

import Foundation

enum JSONText {
  /// Sorted keys and indentation: equal values give equal bytes.
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
  }

  /// - Throws: `CheckpointError.malformed` that names `path` and the field.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from text: String, path: String
  ) throws(CheckpointError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
      throw .malformed(path: path, problem: summary(of: error))
    }
  }
}

/// A decoding error in one line: the field, and what is wrong with it.
package func summary(of error: any Error) -> String {
  guard let error = error as? DecodingError else { return "\(error)" }
  let context: DecodingError.Context
  var path: [any CodingKey] = []
  switch error {
  case .keyNotFound(let key, let found):
    return (found.codingPath + [key]).map(\.stringValue).joined(separator: ".") + " is missing"
  case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
    context = found
    path = found.codingPath
  @unknown default:
    return "\(error)"
  }
  if path.isEmpty { return context.debugDescription }
  return path.map(\.stringValue).joined(separator: ".") + ": " + context.debugDescription
}
