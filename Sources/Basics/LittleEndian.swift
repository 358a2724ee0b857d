// Little-endian numbers in runs of bytes: the writer grows, the reader checks every step.

/// Bytes under construction.
package struct LittleEndianWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func write(_ value: UInt8) { append(value) }
  package mutating func write(_ value: UInt16) { append(value.littleEndian) }
  package mutating func write(_ value: UInt32) { append(value.littleEndian) }
  package mutating func write(_ value: UInt64) { append(value.littleEndian) }
  package mutating func write(_ value: Float) { write(value.bitPattern) }
  package mutating func write(_ value: Double) { write(value.bitPattern) }

  /// A byte count and UTF-8.
  package mutating func write(_ text: String) {
    write(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }
}

/// A position in bytes that came from outside. Unsafe pointers are read inside the checked range
/// only, and the caller keeps the bytes alive.
package struct LittleEndianReader {
  /// The bytes ended before the value did.
  package struct Exhausted: Error {
    package init() {}
  }

  private let bytes: UnsafeRawBufferPointer
  package private(set) var position: Int

  package init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  package mutating func readUInt8() throws(Exhausted) -> UInt8 { try load() }

  package mutating func readUInt32() throws(Exhausted) -> UInt32 {
    UInt32(littleEndian: try load())
  }

  package mutating func readUInt64() throws(Exhausted) -> UInt64 {
    UInt64(littleEndian: try load())
  }

  package mutating func readFloat() throws(Exhausted) -> Float {
    Float(bitPattern: try readUInt32())
  }

  package mutating func readDouble() throws(Exhausted) -> Double {
    Double(bitPattern: try readUInt64())
  }

  /// Nil for text longer than the limit or not UTF-8.
  package mutating func readText(limitBytes: Int) throws(Exhausted) -> String? {
    let count = Int(try readUInt32())
    guard count <= limitBytes else { return nil }
    guard count <= bytes.count - position else { throw Exhausted() }
    defer { position += count }
    return String(validating: bytes[position..<position + count], as: UTF8.self)
  }

  private mutating func load<Value: FixedWidthInteger & BitwiseCopyable>() throws(Exhausted)
    -> Value
  {
    let size = MemoryLayout<Value>.size
    guard position >= 0, size <= bytes.count - position else { throw Exhausted() }
    defer { position += size }
    return bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
  }
}
