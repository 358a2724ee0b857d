// One JSON object on one line, keys in the order they were given. Writing only.

import Basics

/// A JSON object in the making. Numbers are the shortest that read back as the same value.
struct JSONLine {
  private(set) var text = "{}"

  mutating func add(_ key: String, _ value: Int) { append(key, "\(value)") }

  /// JSON has no word for what is not finite: it becomes null.
  mutating func add(_ key: String, _ value: Double) {
    append(key, value.isFinite ? "\(value)" : "null")
  }

  mutating func add(_ key: String, _ value: String) { append(key, Self.quoted(value)) }

  private mutating func append(_ key: String, _ json: String) {
    text.removeLast()
    if text.count > 1 { text += "," }
    text += "\(Self.quoted(key)):\(json)}"
  }

  /// A JSON string, quotes included; what is invisible is escaped.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.isInvisible:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
