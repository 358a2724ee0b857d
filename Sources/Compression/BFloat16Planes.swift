// Codec `bfloat16`: the upper half of a single, rounded to nearest even, with 8 bits of
// significand.

/// The half's bits, rotated left by one: the highest byte is the whole exponent, as it is in
/// `Float32Planes`.
enum BFloat16Planes: PlanedFormat {
  static let wireNumber: UInt8 = 2
  static let firstNonFiniteByte: UInt8 = 0xFF

  @inline(__always)
  static func word(_ value: Float) -> UInt16 {
    let upper = rounded(value.bitPattern)
    return UInt16(truncatingIfNeeded: upper &<< 1 | upper &>> 15)
  }

  @inline(__always)
  static func value(_ word: UInt16) -> Float {
    let wide = UInt32(word)
    return Float(bitPattern: (wide &>> 1 | wide &<< 15) &<< 16)
  }

  /// The upper half of a single, in the low 16 bits, rounded to nearest, ties to even. A NaN stays
  /// a (quiet) NaN of its sign; a finite value beyond the largest bfloat16 by half a unit or more
  /// becomes infinite.
  @inline(__always)
  private static func rounded(_ bits: UInt32) -> UInt32 {
    let upper = bits &>> 16
    let rounded = (bits &+ 0x7FFF &+ (upper & 1)) &>> 16
    let isNaN = bits & 0x7FFF_FFFF > 0x7F80_0000
    return isNaN ? upper | 0x0040 : rounded
  }
}
