// The exact GELU, x·Φ(x) with Φ the normal distribution (Hendrycks and Gimpel, 2016), and its
// derivative Φ(x) + x·φ(x). Not the tanh approximation.

import Foundations

/// Φ(x) and φ(x) of the standard normal distribution.
///
/// Φ(-|x|) = φ(x)·R(|x|), where Mills' ratio R is t times a polynomial of degree 8 in t = 1/(1 +
/// 0.35|x|) (scripts/golden/polynomials; relative error 3·10⁻⁸ up to |x| = 13). One exponential
/// serves value and derivative, and the tail keeps its relative accuracy.
@inline(__always)
func normalDistribution(_ x: Vector) -> (distribution: Vector, density: Vector) {
  // Integer operations for sign and choice: the compiler takes masks apart into half vectors.
  let bits = unsafeBitCast(x, to: SIMD8<Int32>.self)
  let magnitude = unsafeBitCast(bits & Int32.max, to: Vector.self)
  let density = exponential(x * x * -0.5) * 0.398_942_28
  let t = 1 / Vector(repeating: 1).addingProduct(magnitude, 0.35)
  var q = Vector(repeating: -0.073_007_874_2)
  q = Vector(repeating: 0.360_634_983).addingProduct(q, t)
  q = Vector(repeating: -0.640_456_557).addingProduct(q, t)
  q = Vector(repeating: 0.398_378_462).addingProduct(q, t)
  q = Vector(repeating: -0.057_496_104_4).addingProduct(q, t)
  q = Vector(repeating: 0.264_281_69).addingProduct(q, t)
  q = Vector(repeating: 0.300_425_38).addingProduct(q, t)
  q = Vector(repeating: 0.350_574_732).addingProduct(q, t)
  q = Vector(repeating: 0.349_979_371).addingProduct(q, t)
  let tail = density * (q * t)
  let isNegative = bits &>> 31
  let chosen =
    (unsafeBitCast(tail, to: SIMD8<Int32>.self) & isNegative)
    | (unsafeBitCast(1 - tail, to: SIMD8<Int32>.self) & ~isNegative)
  return (unsafeBitCast(chosen, to: Vector.self), density)
}

public enum GELU {
  /// hidden += bias, and activation = GELU(hidden) of that. Both are (rows, columns), the bias
  /// (columns).
  public static func forward(
    hidden: MatrixView, bias: UnsafePointer<Float>, activation: MatrixView
  ) {
    for row in 0..<hidden.rows {
      let h = hidden.row(row)
      let a = activation.row(row)
      @inline(__always)
      func activate(_ i: Int, _ n: Int) {
        let x = h.lanes(at: i, count: n) + bias.lanes(at: i, count: n)
        h.storeLanes(x, at: i, count: n)
        a.storeLanes(x * normalDistribution(x).distribution, at: i, count: n)
      }
      forEachVector(hidden.columns, activate)
    }
  }

  /// gradient *= GELU'(hidden), in place, and activation = GELU(hidden) once more: computing both
  /// again takes less time than keeping them would take to write and read.
  public static func backward(hidden: MatrixView, gradient: MatrixView, activation: MatrixView) {
    for row in 0..<hidden.rows {
      let h = UnsafePointer(hidden.row(row))
      let g = gradient.row(row)
      let a = activation.row(row)
      @inline(__always)
      func differentiate(_ i: Int, _ n: Int) {
        let x = h.lanes(at: i, count: n)
        let (distribution, density) = normalDistribution(x)
        let derivative = distribution.addingProduct(x, density)
        g.storeLanes(g.lanes(at: i, count: n) * derivative, at: i, count: n)
        a.storeLanes(x * distribution, at: i, count: n)
      }
      forEachVector(hidden.columns, differentiate)
    }
  }
}
