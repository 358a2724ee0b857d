// Codec `int8`: a byte a value and two bytes for 128 of them, 8.125 bits.

/// Integers from −127 to 127, as they are.
enum Int8Format: IntegerFormat {
  static let wireNumber: UInt8 = 4
  static let limit: Int8 = 127
  static let bytesPerBlock = BlockRounding.valuesPerBlock

  static func pack(
    _ integers: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) { bytes.update(from: integers, count: bytesPerBlock) }

  static func unpack(
    _ bytes: UnsafePointer<UInt8>, into integers: UnsafeMutablePointer<Int8>
  ) {
    for index in 0..<bytesPerBlock { integers[index] = Int8(bitPattern: bytes[index]) }
  }
}
