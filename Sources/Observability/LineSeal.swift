// How each line of the metrics says which line it follows, and that it is as it was written.

import Basics

/// The end of a line of `metrics.jsonl`:
/// `…,"after":"0123456789abcdef","checksum":"0123456789abcdef"}`.
///
/// `checksum` is the XXH3-64 of the line's bytes before `,"checksum"`; `after` is the checksum of
/// the line before, in the first line that of the run's identity. So a line that was changed does
/// not have its checksum, and where lines are missing, doubled, added or in another order, one does
/// not follow the line above it.
enum LineSeal {
  private static let afterKey = Array(",\"after\":\"".utf8)
  private static let checksumKey = Array("\",\"checksum\":\"".utf8)
  private static let end = Array("\"}".utf8)
  private static let digits = 16
  /// Bytes that a seal adds to a line, with the closing brace.
  private static let byteCount = afterKey.count + checksumKey.count + 2 * digits + end.count

  /// What the first line of a run's metrics comes after.
  static func start(of runIdentity: String) -> UInt64 { checksum(Array(runIdentity.utf8)) }

  /// Closes a line.
  /// - Parameter line: a JSON object.
  static func seal(_ line: String, after previous: UInt64) -> (line: String, checksum: UInt64) {
    let content = line.dropLast() + ",\"after\":\"\(previous.hexadecimal)\""
    let checksum = checksum(Array(content.utf8))
    return ("\(content),\"checksum\":\"\(checksum.hexadecimal)\"}", checksum)
  }

  /// What the seal of a line says.
  struct Reading {
    let after: UInt64
    let checksum: UInt64
    /// Whether the line has that checksum.
    let isWhole: Bool
    /// Of the line without seal and closing brace.
    let contentCount: Int
  }

  /// Nil for a line that has no seal.
  static func read(_ line: UnsafeRawBufferPointer) -> Reading? {
    let contentCount = line.count - byteCount
    guard contentCount > 0 else { return nil }
    var place = contentCount
    func skip(_ expected: [UInt8]) -> Bool {
      defer { place += expected.count }
      return line[place..<place + expected.count].elementsEqual(expected)
    }
    func number() -> UInt64? {
      defer { place += digits }
      let text = String(decoding: line[place..<place + digits], as: UTF8.self)
      guard let number = UInt64(text, radix: 16), number.hexadecimal == text else { return nil }
      return number
    }
    guard skip(afterKey), let after = number() else { return nil }
    // The quotation mark that closes `after` belongs to what the checksum is of.
    let checkedCount = place + 1
    guard skip(checksumKey), let checksum = number(), skip(end) else { return nil }
    let found = Checksum.of(UnsafeRawBufferPointer(rebasing: line[..<checkedCount]))
    return Reading(
      after: after, checksum: checksum, isWhole: found == checksum, contentCount: contentCount)
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { Checksum.of($0) }
  }
}
