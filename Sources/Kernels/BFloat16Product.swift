// What a product of operands in bfloat16 is, bit by bit: the definition, number by number, that
// every way of computing it is held to.

/// c = a · b, or that added to c, with operands rounded to bfloat16 and sums in float32.
///
/// - **Operands.** A float32 below the least normal number, 2⁻¹²⁶, is zero of its sign; any other
///   is rounded to the nearest bfloat16, ties to even. What is not a number stays so, and what is
///   beyond the largest bfloat16 by half a unit or more becomes infinite.
/// - **Slices.** The depth comes in pairs, (0, 1), (2, 3) and so on; an odd one is filled up with a
///   +0 in both operands. An element is a sum over slices of at most KC / 2 = 128 pairs, pair
///   numbers n·s/S to n·(s + 1)/S of n for slice s of S.
/// - **A slice** is one chain that begins with +0 and goes from pair to pair: the odd depth's
///   product first, then the even one's, each by a fused multiply-add. (So a chain that arrives at
///   −0 leaves the filled-up pair's first half as +0.)
/// - **Subnormal numbers** do not occur. Each fused multiply-add, and each addition of a slice to
///   c, reads a subnormal number as zero of its sign and gives zero of its sign where the result,
///   rounded as if there were no least exponent, lies below 2⁻¹²⁶: x86's DAZ and FTZ.
/// - **NaN.** What is no number is NaN; which of them is not defined.
///
/// This is what VDPBF16PS computes on the processors that were asked so far
/// (`PairProductCheck` asks each anew), and what fused multiply-adds compute under DAZ and FTZ.
package enum BFloat16Product {
  /// The bfloat16 that a float becomes as an operand, as a float.
  @inline(__always)
  package static func operand(_ value: Float) -> Float {
    let bits = value.bitPattern
    let magnitude = bits & 0x7FFF_FFFF
    // Ties go to even because a half less one, and the last bit that is kept, are added.
    let nearest = bits &+ 0x7FFF &+ (bits &>> UInt32(UInt16.bitWidth) & 1)
    let number = magnitude > 0x7F80_0000 ? bits | 0x0040_0000 : nearest
    return Float(bitPattern: magnitude < 0x0080_0000 ? bits & 0x8000_0000 : number & 0xFFFF_0000)
  }

  /// Σ a · b over one slice.
  /// - Parameters:
  ///   - depth: of the slice.
  ///   - a, b: the operands at a place of it, rounded or not.
  package static func slice(
    depth: Int, _ a: (_ place: Int) -> Float, _ b: (_ place: Int) -> Float
  ) -> Float {
    func term(_ place: Int) -> (Float, Float) {
      place < depth ? (operand(a(place)), operand(b(place))) : (0, 0)
    }
    return stride(from: 0, to: depth, by: 2).reduce(Float(0)) { sum, even in
      let odd = multiplyAdd(sum, term(even + 1))
      return multiplyAdd(odd, term(even))
    }
  }

  /// c + sum, as slices are added.
  package static func add(_ c: Float, _ sum: Float) -> Float {
    // Sums below 2⁻¹²⁶ are exact: that they are is known without rounding.
    flushed(flushed(c) + flushed(sum))
  }

  /// sum + x · y, rounded once.
  private static func multiplyAdd(_ sum: Float, _ factors: (x: Float, y: Float)) -> Float {
    let (x, y) = factors
    let sum = flushed(sum)
    let result = sum.addingProduct(x, y)
    guard result != 0, result.magnitude <= Float.leastNormalMagnitude else { return result }
    // The same 2⁶⁴ times as large, where there is room for all exponents. The smaller factor has
    // room too: the other one times it is hardly larger than the sum.
    let scale = Float(sign: .plus, exponent: 64, significand: 1)
    let (small, large) = x.magnitude < y.magnitude ? (x, y) : (y, x)
    let scaled = (sum * scale).addingProduct(small * scale, large)
    let isTiny = scaled.magnitude < Float.leastNormalMagnitude * scale
    return isTiny ? Float(signOf: scaled, magnitudeOf: 0) : result
  }

  private static func flushed(_ value: Float) -> Float {
    value.isSubnormal ? Float(signOf: value, magnitudeOf: 0) : value
  }
}
