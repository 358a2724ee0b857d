// The JSON files of a checkpoint: its manifest and its state.

import Basics
import Foundation

enum CheckpointJSON {
  /// Equal values give equal bytes.
  static func encode(_ value: some Encodable) throws -> [UInt8] {
    Array((try JSONText.encode(value, .indented) + "\n").utf8)
  }

  /// - Throws: `CheckpointError.malformed` that names `path` and the field.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from text: String, path: String
  ) throws(CheckpointError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
      throw .malformed(path: path, problem: (error as? DecodingError)?.summary ?? "\(error)")
    }
  }
}
