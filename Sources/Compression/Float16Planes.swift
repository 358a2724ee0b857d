// Codec `float16`: IEEE half precision (binary16), rounded to nearest even, with 11 bits of
// significand.

/// The half's bits, rotated left by one: the sign becomes the lowest bit, and the highest byte is
/// the exponent's 5 bits with 3 of the fraction behind them.
///
/// The largest value is 65504. What is 65520 or more becomes infinite, and what is not finite is
/// not taken by the exchange: a worker is refused for such a gradient, and a run whose parameters
/// change so much ends as diverged. Below 2⁻¹⁴ values lose digits, and below 2⁻²⁵ they are zero.
enum Float16Planes: PlanedFormat {
  static let wireNumber: UInt8 = 3
  static let firstNonFiniteByte: UInt8 = 0xF8

  @inline(__always)
  static func word(_ value: Float) -> UInt16 {
    let half = rounded(value.bitPattern)
    return UInt16(truncatingIfNeeded: half &<< 1 | half &>> 15)
  }

  @inline(__always)
  static func value(_ word: UInt16) -> Float {
    let rotated = UInt32(word)
    let magnitude = rotated &>> 1
    let (exponent, fraction) = (magnitude &>> 10, magnitude & 0x3FF)
    // The exponent's bias is 15 instead of 127; infinities and NaN keep their exponent of ones.
    let bias: UInt32 = exponent == 0x1F ? 2 &* 112 : 112
    let normal = magnitude &<< 13 &+ bias &<< 23
    // Exact: a subnormal half is a whole number of 2⁻²⁴.
    let subnormal = (Float(fraction) * 0x1p-24).bitPattern
    return Float(bitPattern: (exponent == 0 ? subnormal : normal) | (rotated & 1) &<< 31)
  }

  /// The half in the low 16 bits. A NaN stays a (quiet) NaN of its sign.
  @inline(__always)
  private static func rounded(_ bits: UInt32) -> UInt32 {
    let magnitude = bits & 0x7FFF_FFFF
    // With ties to even; a carry goes into the exponent, from 65520 on to that of infinity.
    let normal =
      (magnitude &- 112 &<< 23 &+ 0xFFF &+ (magnitude &>> 13 & 1)) &>> 13
    // From 0.5 on a float's unit in the last place is 2⁻²⁴, that of a subnormal half: the sum
    // rounds.
    let subnormal = (Float(bitPattern: magnitude) + 0.5).bitPattern &- Float(0.5).bitPattern
    let finite = magnitude < 0x3880_0000 ? subnormal : normal
    let half: UInt32 =
      magnitude > 0x7F80_0000 ? 0x7E00 : magnitude >= 0x4780_0000 ? 0x7C00 : finite
    return half | bits &>> 16 & 0x8000
  }
}
