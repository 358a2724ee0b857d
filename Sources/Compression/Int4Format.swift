// Codec `int4`: half a byte a value and two bytes for 128 of them, 4.125 bits.

/// Integers from −7 to 7. Byte *i* of a block has value *i* in its lower half and value *i* + 64 in
/// its upper one.
enum Int4Format: IntegerFormat {
  static let wireNumber: UInt8 = 5
  static let limit: Int8 = 7
  static let bytesPerBlock = BlockRounding.valuesPerBlock / 2

  static func pack(
    _ integers: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    for index in 0..<bytesPerBlock {
      bytes[index] = integers[index] & 0x0F | integers[index + bytesPerBlock] &<< 4
    }
  }

  static func unpack(
    _ bytes: UnsafePointer<UInt8>, into integers: UnsafeMutablePointer<Int8>
  ) {
    for index in 0..<bytesPerBlock {
      integers[index] = Int8(bitPattern: bytes[index] &<< 4) &>> 4
      integers[index + bytesPerBlock] = Int8(bitPattern: bytes[index]) &>> 4
    }
  }
}
