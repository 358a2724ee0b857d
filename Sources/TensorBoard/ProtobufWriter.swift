// Messages of Protocol Buffers, written only: what the few messages of an event file need. The
// messages that Terrane's own processes exchange are protobuf-c's (module Wire).

import Basics

/// The bytes of one message, field by field.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private enum Kind: UInt64 {
    case varint = 0
    case eightBytes = 1
    case counted = 2
    case fourBytes = 5
  }

  mutating func write(_ value: Int64, as field: UInt64) {
    begin(field, .varint)
    writeVarint(UInt64(bitPattern: value))
  }

  mutating func write(_ value: Double, as field: UInt64) {
    begin(field, .eightBytes)
    var number = LittleEndianWriter()
    number.write(value)
    bytes += number.bytes
  }

  mutating func write(_ value: Float, as field: UInt64) {
    begin(field, .fourBytes)
    var number = LittleEndianWriter()
    number.write(value)
    bytes += number.bytes
  }

  mutating func write(_ text: String, as field: UInt64) { write(Array(text.utf8), as: field) }

  mutating func write(_ contents: [UInt8], as field: UInt64) {
    begin(field, .counted)
    writeVarint(UInt64(contents.count))
    bytes += contents
  }

  /// A message within this one.
  mutating func write(as field: UInt64, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    write(inner.bytes, as: field)
  }

  private mutating func begin(_ field: UInt64, _ kind: Kind) {
    writeVarint(field << 3 | kind.rawValue)
  }

  private mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
