// One JSON object on one line, keys in the order they were given. Writing only: `JSONMembers`
// reads.

import Basics

/// A JSON object in the making. Numbers are the shortest that read back as the same value.
struct JSONLine {
  private var members = ""

  var text: String { "{\(members)}" }

  mutating func add(_ key: String, _ value: Int) { append(key, value.description) }

  /// JSON has no word for what is not finite: it becomes null.
  mutating func add(_ key: String, _ value: Double) {
    append(key, value.isFinite ? value.description : "null")
  }

  mutating func add(_ key: String, _ value: String) { append(key, JSONText.quoted(value)) }

  private mutating func append(_ key: String, _ json: String) {
    if !members.isEmpty { members += "," }
    // Interpolating strings takes several times as long.
    members += JSONText.quoted(key)
    members += ":"
    members += json
  }
}
