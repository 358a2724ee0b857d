// A column of a Parquet file: what it is called, what it holds, and its values in PLAIN encoding.

import Basics

/// What a column holds. Texts are UTF-8; lists have at least one element.
package enum ParquetKind: Sendable {
  case text, bytes, int32, float64
  /// Microseconds since 1970, UTC.
  case timestamp
  case floats
  case integers

  var isList: Bool { self == .floats || self == .integers }

  /// Parquet's number of the type of single values.
  var physicalType: Int {
    switch self {
    case .int32, .integers: 1
    case .timestamp: 2
    case .floats: 4
    case .float64: 5
    case .text, .bytes: 6
    }
  }
}

/// A column's name and kind.
package struct ParquetColumn: Sendable {
  package let name: String
  package let kind: ParquetKind
  /// Whether values may be missing; lists never are.
  package let isOptional: Bool

  package init(_ name: String, _ kind: ParquetKind, isOptional: Bool = false) {
    precondition(!(isOptional && kind.isList))
    self.name = name
    self.kind = kind
    self.isOptional = isOptional
  }

  /// The names that lead to single values.
  var path: [String] { kind.isList ? [name, "list", "element"] : [name] }
}

/// One column's values of some rows.
package struct ParquetValues {
  let column: ParquetColumn
  private(set) var rows = 0
  /// Single values: elements of lists, and places where one is missing.
  private(set) var count = 0
  private var values: [UInt8] = []
  private var repetitions = LevelRuns()
  private var definitions = LevelRuns()

  package init(_ column: ParquetColumn) { self.column = column }

  /// Bytes so far.
  package var byteCount: Int { values.count }

  private mutating func begin(_ kinds: ParquetKind...) {
    precondition(kinds.contains { $0 == column.kind }, "a value of another kind")
    rows += 1
    if column.isOptional { definitions.append(1, times: 1) }
  }

  /// Adds a missing value.
  package mutating func appendNothing() {
    precondition(column.isOptional)
    rows += 1
    count += 1
    definitions.append(0, times: 1)
  }

  package mutating func append(_ text: String) {
    begin(.text)
    count += 1
    appendBytes(Array(text.utf8))
  }

  package mutating func append(_ bytes: [UInt8]) {
    begin(.bytes)
    count += 1
    appendBytes(bytes)
  }

  private mutating func appendBytes(_ bytes: [UInt8]) {
    store(UInt32(bytes.count))
    values += bytes
  }

  package mutating func append(_ number: Int32) {
    begin(.int32)
    count += 1
    store(number)
  }

  package mutating func append(_ number: Double) {
    begin(.float64)
    count += 1
    store(number.bitPattern)
  }

  package mutating func append(microseconds: Int64) {
    begin(.timestamp)
    count += 1
    store(microseconds)
  }

  package mutating func append(_ list: UnsafeBufferPointer<Float>) {
    begin(.floats)
    beginList(of: list.count)
    for value in list { store(value.bitPattern) }
  }

  package mutating func append(_ list: [Int32]) {
    begin(.integers)
    beginList(of: list.count)
    for value in list { store(value) }
  }

  private mutating func beginList(of length: Int) {
    precondition(length > 0, "an empty list has other levels")
    count += length
    repetitions.append(0, times: 1)
    if length > 1 { repetitions.append(1, times: length - 1) }
    definitions.append(1, times: length)
  }

  private mutating func store(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { values += $0 }
  }

  /// The content of one data page: levels, then values.
  var page: [UInt8] {
    (column.kind.isList ? repetitions.bytes : [])
      + (column.kind.isList || column.isOptional ? definitions.bytes : []) + values
  }
}

/// Levels of 0 and 1 as runs, in Parquet's hybrid of run lengths and packed bits.
struct LevelRuns {
  private var encoded: [UInt8] = []
  private var level: UInt8 = 0
  private var length = 0

  mutating func append(_ level: UInt8, times: Int) {
    if level != self.level {
      encoded += Self.run(self.level, length)
      self.level = level
      length = 0
    }
    length += times
  }

  private static func run(_ level: UInt8, _ length: Int) -> [UInt8] {
    if length == 0 { return [] }
    var result: [UInt8] = []
    var rest = length << 1
    while rest >= 0x80 {
      result.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest), level]
  }

  /// With their length in front.
  var bytes: [UInt8] {
    let all = encoded + Self.run(level, length)
    return withUnsafeBytes(of: UInt32(all.count).littleEndian) { Array($0) } + all
  }
}
