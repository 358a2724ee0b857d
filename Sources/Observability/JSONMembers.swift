// The members of one flat JSON object, in the order in which they stand: what Foundation's decoder
// does not give.

import Basics

/// Takes keys and values from the front of an object without its closing brace. Values are texts,
/// numbers and null; anything else, and white space, is not what `JSONLine` writes.
struct JSONMembers {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }

  /// The next key; nil when what comes is not one.
  mutating func key() -> String? {
    guard take(UInt8(ascii: place == 0 ? "{" : ",")), let key = string(), take(UInt8(ascii: ":"))
    else { return nil }
    return key
  }

  /// The value of the key that was taken last; nil when what comes is not one.
  mutating func value() -> MetricsValue? {
    if place < bytes.count, bytes[place] == UInt8(ascii: "\"") { return string().map { .text($0) } }
    let start = place
    while place < bytes.count, bytes[place] != UInt8(ascii: ",") { place += 1 }
    let word = String(decoding: bytes[start..<place], as: UTF8.self)
    if word == "null" { return .number(.nan) }
    guard word.utf8.allSatisfy({ Self.numberBytes.contains($0) }) else { return nil }
    return Int(word).map(MetricsValue.count) ?? Double(word).map(MetricsValue.number)
  }

  private static let numberBytes = Set("0123456789+-.eE".utf8)

  private mutating func take(_ byte: UInt8) -> Bool {
    guard place < bytes.count, bytes[place] == byte else { return false }
    place += 1
    return true
  }

  private mutating func string() -> String? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var text = ""
    while true {
      let start = place
      while place < bytes.count, bytes[place] != UInt8(ascii: "\""),
        bytes[place] != UInt8(ascii: "\\")
      {
        place += 1
      }
      text += String(decoding: bytes[start..<place], as: UTF8.self)
      if take(UInt8(ascii: "\"")) { return text }
      guard take(UInt8(ascii: "\\")), let escaped = escape() else { return nil }
      text += escaped
    }
  }

  private mutating func escape() -> String? {
    guard place < bytes.count else { return nil }
    place += 1
    switch bytes[place - 1] {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "u"): return unicode()
    default: return nil
    }
  }

  /// Four hexadecimal digits, or twice so many for a pair of surrogates.
  private mutating func unicode() -> String? {
    guard let first = codeUnit() else { return nil }
    guard UTF16.isLeadSurrogate(first) else { return String(utf16CodeUnits: [first]) }
    guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let second = codeUnit() else {
      return nil
    }
    return String(utf16CodeUnits: [first, second])
  }

  private mutating func codeUnit() -> UInt16? {
    guard place + 4 <= bytes.count else { return nil }
    place += 4
    return UInt16(String(decoding: bytes[place - 4..<place], as: UTF8.self), radix: 16)
  }
}

extension String {
  /// Nil unless they are whole scalars.
  fileprivate init?(utf16CodeUnits units: [UInt16]) {
    self.init(validating: units, as: UTF16.self)
  }
}
