// Elementary functions in double precision whose bits do not depend on the C library or the
// machine: they use only operations that IEEE 754 defines exactly. Accurate to about 1 unit in the
// last place in the ranges stated, which is all that geometry, crops and schedules need. Not for
// inner loops.

/// Elementary functions with the same bits on every machine.
public enum PortableMath {
  /// Sine and cosine of `x` in radians; |x| at most 10⁵.
  public static func sineCosine(_ x: Double) -> (sine: Double, cosine: Double) {
    let quadrant = (x * (2 / .pi)).rounded(.toNearestOrEven)
    var r = x.addingProduct(-quadrant, 0x1.921fb54442d18p+0)  // π/2, leading 53 bits
    r = r.addingProduct(-quadrant, 0x1.1a62633145c07p-54)  // π/2, the rest
    let z = r * r
    var sine = 1.0
    var cosine = 1.0
    // Taylor series, by Horner: |r| ≤ π/4 leaves an error below 2⁻⁵⁴.
    for k in stride(from: 8, through: 1, by: -1) {
      let even = Double(2 * k)
      sine = 1 - z * sine / (even * (even + 1))
      cosine = 1 - z * cosine / (even * (even - 1))
    }
    sine *= r
    return switch Int(quadrant) & 3 {
    case 0: (sine, cosine)
    case 1: (cosine, -sine)
    case 2: (-sine, -cosine)
    default: (-cosine, sine)
    }
  }

  /// eˣ for |x| at most 700.
  public static func exp(_ x: Double) -> Double {
    let power = (x * 1.4426950408889634).rounded(.toNearestOrEven)
    var r = x.addingProduct(-power, 0x1.62e42fefa39efp-1)  // ln 2, leading 53 bits
    r = r.addingProduct(-power, 0x1.abc9e3b39803fp-56)  // ln 2, the rest
    var sum = 1.0
    for k in stride(from: 14, through: 1, by: -1) { sum = 1 + r * sum / Double(k) }
    return Double(sign: .plus, exponent: Int(power), significand: 1) * sum
  }

  /// Natural logarithm of a positive normal number.
  public static func log(_ x: Double) -> Double {
    precondition(x > 0 && x.isNormal, "PortableMath.log needs a positive normal number")
    var exponent = Double(x.exponent)
    var significand = x.significand
    if significand > 1.4142135623730951 {
      significand /= 2
      exponent += 1
    }
    // ln m = 2 artanh((m-1)/(m+1)); |s| ≤ 0.172 leaves an error below 2⁻⁵⁵.
    let s = (significand - 1) / (significand + 1)
    let z = s * s
    var sum = 0.0
    for k in stride(from: 21, through: 1, by: -2) { sum = sum * z + 1 / Double(k) }
    return exponent * 0x1.62e42fefa39efp-1 + (2 * s * sum + exponent * 0x1.abc9e3b39803fp-56)
  }

  /// `base` to the whole power `exponent`, by squaring.
  public static func power(_ base: Double, _ exponent: Int) -> Double {
    precondition(exponent >= 0)
    var result = 1.0
    var square = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}
