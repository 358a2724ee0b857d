// Thrift's compact protocol, as far as the words around Parquet's columns need it: structs, lists,
// whole numbers and texts, written only.

/// Bytes of one struct in the making. Fields are written in the order of their numbers.
struct ThriftWriter {
  private(set) var bytes: [UInt8] = []
  /// The last field of each struct that is open.
  private var fields = [0]

  private enum Kind: UInt8 {
    case yes = 1
    case no = 2
    case int32 = 5
    case int64 = 6
    case binary = 8
    case list = 9
    case structure = 12
  }

  private mutating func begin(_ field: Int, _ kind: Kind) {
    let step = field - fields[fields.count - 1]
    precondition((1...15).contains(step), "fields ascend")
    bytes.append(UInt8(step) << 4 | kind.rawValue)
    fields[fields.count - 1] = field
  }

  private mutating func variable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func zigzag(_ value: Int) {
    variable(UInt64(bitPattern: Int64(value << 1) ^ Int64(value >> 63)))
  }

  private mutating func raw(_ text: String) {
    variable(UInt64(text.utf8.count))
    bytes += text.utf8
  }

  mutating func int32(_ field: Int, _ value: Int) {
    begin(field, .int32)
    zigzag(value)
  }

  mutating func int64(_ field: Int, _ value: Int) {
    begin(field, .int64)
    zigzag(value)
  }

  mutating func bool(_ field: Int, _ value: Bool) { begin(field, value ? .yes : .no) }

  mutating func text(_ field: Int, _ value: String) {
    begin(field, .binary)
    raw(value)
  }

  mutating func structure(_ field: Int, _ body: (inout ThriftWriter) -> Void = { _ in }) {
    begin(field, .structure)
    nested(body)
  }

  private mutating func nested(_ body: (inout ThriftWriter) -> Void) {
    fields.append(0)
    body(&self)
    fields.removeLast()
    bytes.append(0)
  }

  private mutating func beginList(_ field: Int, of kind: Kind, count: Int) {
    begin(field, .list)
    if count < 15 {
      bytes.append(UInt8(count) << 4 | kind.rawValue)
    } else {
      bytes.append(0xF0 | kind.rawValue)
      variable(UInt64(count))
    }
  }

  mutating func list(_ field: Int, _ values: [Int]) {
    beginList(field, of: .int32, count: values.count)
    for value in values { zigzag(value) }
  }

  mutating func list(_ field: Int, _ values: [String]) {
    beginList(field, of: .binary, count: values.count)
    for value in values { raw(value) }
  }

  mutating func list<Value>(
    _ field: Int, _ values: [Value], _ body: (inout ThriftWriter, Value) -> Void
  ) {
    beginList(field, of: .structure, count: values.count)
    for value in values { nested { body(&$0, value) } }
  }

  /// Ends the outermost struct.
  mutating func finish() -> [UInt8] {
    bytes.append(0)
    return bytes
  }
}
