// Floats as the words that are cut into byte planes, and back. One definition a direction; the loops over it have
// no branches and independent iterations, which the compiler turns into vector instructions: written by hand with
// SIMD8, encoding bfloat16 took twice as long.

/// A value's bits, rotated left by one: the sign becomes the lowest bit, so that the highest byte is the whole
/// exponent and nothing else. That plane compresses best (random signs would break its repeats), and a value is
/// finite exactly when its byte there is not 0xFF.
enum FloatWords {
  @inline(__always)
  static func word32(_ value: Float) -> UInt32 {
    let bits = value.bitPattern
    return bits &<< 1 | bits &>> 31
  }

  @inline(__always)
  static func word16(_ value: Float) -> UInt16 {
    let upper = bfloat16(value.bitPattern)
    return UInt16(truncatingIfNeeded: upper &<< 1 | upper &>> 15)
  }

  @inline(__always)
  static func value(_ word: UInt32) -> Float { Float(bitPattern: word &>> 1 | word &<< 31) }

  @inline(__always)
  static func value(_ word: UInt16) -> Float {
    let wide = UInt32(word)
    return Float(bitPattern: (wide &>> 1 | wide &<< 15) &<< 16)
  }

  /// The upper half of a single, in the low 16 bits, rounded to nearest, ties to even. A NaN stays a (quiet) NaN
  /// of its sign; a finite value beyond the largest bfloat16 by half a unit or more becomes infinite.
  @inline(__always)
  private static func bfloat16(_ bits: UInt32) -> UInt32 {
    let upper = bits &>> 16
    let rounded = (bits &+ 0x7FFF &+ (upper & 1)) &>> 16
    let isNaN = bits & 0x7FFF_FFFF > 0x7F80_0000
    return isNaN ? upper | 0x0040 : rounded
  }

  static func write32(_ values: UnsafeBufferPointer<Float>, to words: UnsafeMutablePointer<UInt32>)
  {
    guard let source = values.baseAddress else { return }
    for index in 0..<values.count { words[index] = word32(source[index]) }
  }

  static func write16(_ values: UnsafeBufferPointer<Float>, to words: UnsafeMutablePointer<UInt16>)
  {
    guard let source = values.baseAddress else { return }
    for index in 0..<values.count { words[index] = word16(source[index]) }
  }

  /// `target[i] = value(words[i])`, or `+=` when `adding`.
  static func read32(
    _ words: UnsafePointer<UInt32>, into target: UnsafeMutableBufferPointer<Float>, adding: Bool
  ) {
    guard let start = target.baseAddress else { return }
    if adding {
      for index in 0..<target.count { start[index] += value(words[index]) }
    } else {
      for index in 0..<target.count { start[index] = value(words[index]) }
    }
  }

  /// `target[i] = value(words[i])`, or `+=` when `adding`.
  static func read16(
    _ words: UnsafePointer<UInt16>, into target: UnsafeMutableBufferPointer<Float>, adding: Bool
  ) {
    guard let start = target.baseAddress else { return }
    if adding {
      for index in 0..<target.count { start[index] += value(words[index]) }
    } else {
      for index in 0..<target.count { start[index] = value(words[index]) }
    }
  }
}
