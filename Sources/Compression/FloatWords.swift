// Floats as the words that are cut into byte planes, and back. One scalar definition, and the same eight lanes
// at a time.

/// A value's bits, rotated left by one: the sign becomes the lowest bit, so that the highest byte is the whole
/// exponent and nothing else. That plane compresses best (random signs would break its repeats), and a value is
/// finite exactly when its byte there is not 0xFF.
enum FloatWords {
  static let lanes = 8

  // ---- The definition ----

  static func word32(_ value: Float) -> UInt32 { rotated(value.bitPattern) }

  static func word16(_ value: Float) -> UInt16 {
    let upper = bfloat16(value.bitPattern)
    return upper &<< 1 | upper &>> 15
  }

  static func value(_ word: UInt32) -> Float { Float(bitPattern: word &>> 1 | word &<< 31) }

  static func value(_ word: UInt16) -> Float {
    Float(bitPattern: UInt32(word &>> 1 | word &<< 15) &<< 16)
  }

  private static func rotated(_ bits: UInt32) -> UInt32 { bits &<< 1 | bits &>> 31 }

  /// The upper half of a single, rounded to nearest, ties to even. A NaN stays a (quiet) NaN of its sign; a
  /// finite value beyond the largest bfloat16 by half a unit or more becomes infinite.
  static func bfloat16(_ bits: UInt32) -> UInt16 {
    let isNaN = bits & 0x7FFF_FFFF > 0x7F80_0000
    if isNaN { return UInt16(truncatingIfNeeded: bits &>> 16) | 0x0040 }
    let tieToEven = 0x7FFF &+ (bits &>> 16 & 1)
    return UInt16(truncatingIfNeeded: (bits &+ tieToEven) &>> 16)
  }

  // ---- Eight at a time ----

  static func write32(_ values: UnsafeBufferPointer<Float>, to words: UnsafeMutablePointer<UInt32>)
  {
    let count = values.count
    guard let source = values.baseAddress else { return }
    let from = UnsafeRawPointer(source)
    let to = UnsafeMutableRawPointer(words)
    var index = 0
    while index &+ lanes <= count {
      let bits = from.loadUnaligned(fromByteOffset: index &* 4, as: SIMD8<UInt32>.self)
      to.storeBytes(of: bits &<< 1 | bits &>> 31, toByteOffset: index &* 4, as: SIMD8<UInt32>.self)
      index &+= lanes
    }
    while index < count {
      words[index] = word32(source[index])
      index &+= 1
    }
  }

  static func write16(_ values: UnsafeBufferPointer<Float>, to words: UnsafeMutablePointer<UInt16>)
  {
    let count = values.count
    guard let source = values.baseAddress else { return }
    let from = UnsafeRawPointer(source)
    let to = UnsafeMutableRawPointer(words)
    var index = 0
    while index &+ lanes <= count {
      let bits = from.loadUnaligned(fromByteOffset: index &* 4, as: SIMD8<UInt32>.self)
      let upper = bits &>> 16
      let rounded = (bits &+ (upper & 1) &+ 0x7FFF) &>> 16
      let isNaN = (bits & 0x7FFF_FFFF) .> 0x7F80_0000
      let kept = rounded.replacing(with: upper | 0x0040, where: isNaN)
      let word = SIMD8<UInt16>(truncatingIfNeeded: kept &<< 1 | kept &>> 15)
      to.storeBytes(of: word, toByteOffset: index &* 2, as: SIMD8<UInt16>.self)
      index &+= lanes
    }
    while index < count {
      words[index] = word16(source[index])
      index &+= 1
    }
  }

  /// `target[i] = value(words[i])`, or `+=` when `adding`.
  static func read32(
    _ words: UnsafePointer<UInt32>, into target: UnsafeMutableBufferPointer<Float>, adding: Bool
  ) {
    let count = target.count
    guard let start = target.baseAddress else { return }
    let from = UnsafeRawPointer(words)
    let to = UnsafeMutableRawPointer(start)
    var index = 0
    while index &+ lanes <= count {
      let word = from.loadUnaligned(fromByteOffset: index &* 4, as: SIMD8<UInt32>.self)
      put(word &>> 1 | word &<< 31, at: index, to, adding)
      index &+= lanes
    }
    while index < count {
      start[index] = adding ? start[index] + value(words[index]) : value(words[index])
      index &+= 1
    }
  }

  /// `target[i] = value(words[i])`, or `+=` when `adding`.
  static func read16(
    _ words: UnsafePointer<UInt16>, into target: UnsafeMutableBufferPointer<Float>, adding: Bool
  ) {
    let count = target.count
    guard let start = target.baseAddress else { return }
    let from = UnsafeRawPointer(words)
    let to = UnsafeMutableRawPointer(start)
    var index = 0
    while index &+ lanes <= count {
      let half = from.loadUnaligned(fromByteOffset: index &* 2, as: SIMD8<UInt16>.self)
      let word = SIMD8<UInt32>(truncatingIfNeeded: half)
      put((word &>> 1 | word &<< 15) &<< 16, at: index, to, adding)
      index &+= lanes
    }
    while index < count {
      start[index] = adding ? start[index] + value(words[index]) : value(words[index])
      index &+= 1
    }
  }

  @inline(__always)
  private static func put(
    _ bits: SIMD8<UInt32>, at index: Int, _ target: UnsafeMutableRawPointer, _ adding: Bool
  ) {
    let values = unsafeBitCast(bits, to: SIMD8<Float>.self)
    let sum =
      adding
      ? target.loadUnaligned(fromByteOffset: index &* 4, as: SIMD8<Float>.self) + values : values
    target.storeBytes(of: sum, toByteOffset: index &* 4, as: SIMD8<Float>.self)
  }
}
