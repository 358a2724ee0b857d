// eˣ in single precision, without the C library: equal bits on every x86-64-v3 machine.

/// eˣ for x up to 88.3; below -87.3 what that gives, so that neither zero nor subnormal numbers
/// come out. What is no number stays none. The error is below 1 unit in the last place.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, e^r by a minimax polynomial of degree 6
/// (scripts/golden/polynomials).
@inline(__always)
func exponential(_ x: Vector) -> Vector {
  let clamped = x.replacing(with: -87.3, where: x .< -87.3)
  // Adding 1.5·2²³ leaves the nearest integer in the low bits.
  let shifted = Vector(repeating: 12_582_912).addingProduct(clamped, 1.442_695_04)
  let n = shifted - 12_582_912
  // ln 2 in two parts; the first has few bits, so its multiples are exact.
  let r = clamped.addingProduct(-n, 0.693_359_375).addingProduct(n, 2.121_944_40e-4)
  var q = Vector(repeating: 0.001_381_460_11)
  q = Vector(repeating: 0.008_368_717_51).addingProduct(q, r)
  q = Vector(repeating: 0.041_668_389).addingProduct(q, r)
  q = Vector(repeating: 0.166_665_211).addingProduct(q, r)
  q = Vector(repeating: 0.499_999_94).addingProduct(q, r)
  let power = r.addingProduct(r * r, q) + 1
  let exponent = (unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- 0x4B40_0000 &+ 127) &<< 23
  return power * unsafeBitCast(exponent, to: Vector.self)
}

public enum Exponential {
  /// eˣ of each value, in place; outside [-87.3, 88.3] what its ends give.
  public static func apply(_ values: UnsafeMutablePointer<Float>, count: Int) {
    forEachVector(count) { i, n in
      let x = values.lanes(at: i, count: n)
      values.storeLanes(
        exponential(x.replacing(with: 88.3, where: x .> 88.3)), at: i, count: n)
    }
  }
}
