// Codec `float32`: IEEE single precision.

/// The value's bits, rotated left by one: the sign becomes the lowest bit, so that the highest byte
/// is the whole exponent and nothing else.
enum Float32Planes: PlanedFormat {
  static let wireNumber: UInt8 = 1
  static let firstNonFiniteByte: UInt8 = 0xFF

  @inline(__always)
  static func word(_ value: Float) -> UInt32 {
    let bits = value.bitPattern
    return bits &<< 1 | bits &>> 31
  }

  @inline(__always)
  static func value(_ word: UInt32) -> Float { Float(bitPattern: word &>> 1 | word &<< 31) }
}
