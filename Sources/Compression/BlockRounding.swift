// The loops over one block of values that share a scale: numbers to small integers and back. They
// have no branches and independent iterations, which the compiler turns into vector instructions:
// with 256-bit registers rounding takes 27 GB/s of float32 values a core, random numbers 10 and
// adding 45 (an EPYC); with 512-bit registers a whole encoder was 3 % faster, so there is no
// second copy for those.

import Basics

enum BlockRounding {
  /// Chosen on gradients of `tiny`: see ARCHITECTURE.md.
  static let valuesPerBlock = 128
  /// The scale of a block that holds a number that is not finite: a quiet NaN.
  static let scaleOfNonFinite: UInt16 = 0x7FC0
  /// The scale of a block of zeros: minus zero, so that it decodes to minus zeros.
  static let scaleOfZeros: UInt16 = 0x8000

  /// The largest scale of an encoder, of which `limit` are still a finite number.
  static func largestScale(limit: Int8) -> UInt16 {
    UInt16((Float.greatestFiniteMagnitude / Float(limit)).bitPattern >> 16)
  }

  /// The distance of the numbers that a block may decode to: its largest magnitude over `limit`,
  /// rounded up to the upper half of a single (bfloat16), so that every multiple is exact.
  /// - Parameter block: `valuesPerBlock` values.
  static func scale(_ block: UnsafePointer<Float>, limit: Int8) -> UInt16 {
    var largest: UInt32 = 0
    for index in 0..<valuesPerBlock {
      largest = max(largest, block[index].bitPattern & 0x7FFF_FFFF)
    }
    if largest == 0 { return scaleOfZeros }
    if largest >= Float.infinity.bitPattern { return scaleOfNonFinite }
    // Not below 2⁻¹²⁶, whose reciprocal is finite.
    let quotient = max(Float(bitPattern: largest) / Float(limit), .leastNormalMagnitude)
    let roundedUp = UInt16((quotient.bitPattern &+ 0xFFFF) &>> 16)
    return min(roundedUp, largestScale(limit: limit))
  }

  static func value(ofScale scale: UInt16) -> Float { Float(bitPattern: UInt32(scale) << 16) }

  /// integers = the nearest integers to values / scale + offsets, ties to even, in −limit…limit, as
  /// bytes in two's complement.
  ///
  /// In [2²³, 2²⁴) floats are whole numbers: the sum with 1.5 · 2²³ rounds, and its lowest byte is
  /// the integer's.
  static func round(
    _ values: UnsafePointer<Float>, scale: Float, offsets: UnsafePointer<Float>, limit: Int8,
    into integers: UnsafeMutablePointer<UInt8>
  ) {
    let reciprocal = 1 / scale
    let limit = Float(limit)
    for index in 0..<valuesPerBlock {
      let place = values[index] * reciprocal + offsets[index]
      let bounded = min(max(place, -limit), limit)
      integers[index] = UInt8(truncatingIfNeeded: (bounded + 0x1.8p23).bitPattern)
    }
  }

  /// Offsets that make `round` go up or down at random, with the mean where the value is: odd
  /// multiples of 2⁻¹⁷ in (−1/2, 1/2).
  ///
  /// For value *i* of the block, of 64 a group: piece *i* mod 4 of 16 bits, the lowest first, of
  /// word *i* / 32 mod 2 of 64 bits of the stream's Philox block (*i* mod 32) / 4 of the group's
  /// eight. The blocks of values are `ordinal`s, from 0, and take 16 Philox blocks each.
  static func drawOffsets(
    _ random: CounterRandom, ordinal: Int, into offsets: UnsafeMutablePointer<Float>
  ) {
    let groups = valuesPerBlock / 64
    for group in 0..<groups {
      let first = 8 * (ordinal * groups + group)
      let words = random.eightBlocks(from: UInt32(truncatingIfNeeded: first))
      let target = offsets + 64 * group
      spread(words.low, into: target)
      spread(words.high, into: target + 32)
    }
  }

  @inline(__always)
  private static func spread(_ words: SIMD8<UInt64>, into offsets: UnsafeMutablePointer<Float>) {
    withUnsafeBytes(of: words) { bytes in
      let pieces = bytes.assumingMemoryBound(to: UInt16.self)
      for index in 0..<32 {
        let fraction = UInt32(pieces[index]) &<< 7
        offsets[index] = Float(bitPattern: 0x3F80_0000 | fraction) - (1.5 - 0x1p-17)
      }
    }
  }

  /// Σ integer² of a block, of an integer below −limit as of −limit: at most 128 · 127², which 32
  /// bits hold.
  static func sumOfSquares(_ integers: UnsafePointer<Int8>, limit: Int8) -> Int32 {
    var sum: Int32 = 0
    for index in 0..<valuesPerBlock {
      let integer = Int32(max(integers[index], -limit))
      sum &+= integer &* integer
    }
    return sum
  }

  /// target = integers · scale, or target += it. An integer below −limit, which no encoder gives,
  /// is −limit.
  static func read(
    _ integers: UnsafePointer<Int8>, scale: Float, limit: Int8, adding: Bool,
    into target: UnsafeMutablePointer<Float>
  ) {
    if adding {
      for index in 0..<valuesPerBlock {
        target[index] += Float(max(integers[index], -limit)) * scale
      }
    } else {
      for index in 0..<valuesPerBlock {
        target[index] = Float(max(integers[index], -limit)) * scale
      }
    }
  }
}
