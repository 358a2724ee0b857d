// What attention and GELU do to a row: the functions in which arithmetic, and not memory, takes the
// time. This file is compiled twice, in Kernels and in WideKernels, where its sixteen lanes are one
// register and not two; a test holds its two copies equal. The bits are equal: each lane is the
// same operations.

/// Functions of one row. Only IEEE 754's operations: equal bits on every x86-64-v3 machine.
package enum RowFunctions {
  /// groups = exp(scores − largest), four rows at a time, whose chains of operations fill each
  /// other's gaps: weights of softmax but for the reciprocal of their sum.
  ///
  /// - Parameters:
  ///   - scores: four rows of `count`, `stride` floats apart, each with space for whole groups.
  ///   - groups: (count / 16, MR, 16), of which four rows of MR are written.
  ///   - statistics: (4, 2), written: each row's largest score and the reciprocal of its sum.
  @inline(never)
  package static func exponentials(
    _ scores: UnsafePointer<Float>, stride: Int, count: Int, groups: UnsafeMutablePointer<Float>,
    statistics: UnsafeMutablePointer<Float>
  ) {
    let whole = count & ~(laneCount - 1)
    let (row1, row2, row3) = (scores + stride, scores + 2 &* stride, scores + 3 &* stride)
    // The lanes beyond the end take a score of the row, which leaves the largest as it is.
    let present = Lanes.mask(below: count - whole)
    @inline(__always)
    func end(_ row: UnsafePointer<Float>) -> Lanes {
      whole < count
        ? Lanes(from: row + whole).chosen(by: present, else: Lanes(repeating: row[0]))
        : Lanes(repeating: row[0])
    }
    let (end0, end1, end2, end3) = (end(scores), end(row1), end(row2), end(row3))
    var (top0, top1, top2, top3) = (end0, end1, end2, end3)
    var column = 0
    while column < whole {
      top0 = top0.larger(Lanes(from: scores + column))
      top1 = top1.larger(Lanes(from: row1 + column))
      top2 = top2.larger(Lanes(from: row2 + column))
      top3 = top3.larger(Lanes(from: row3 + column))
      column &+= laneCount
    }
    let (shift0, shift1) = (top0.largest, top1.largest)
    let (shift2, shift3) = (top2.largest, top3.largest)
    var (sum0, sum1, sum2, sum3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var target = groups
    column = 0
    while column < whole {
      sum0 += exponential(Lanes(from: scores + column) - shift0).stored(at: target)
      sum1 += exponential(Lanes(from: row1 + column) - shift1).stored(at: target + laneCount)
      sum2 += exponential(Lanes(from: row2 + column) - shift2).stored(at: target + 2 &* laneCount)
      sum3 += exponential(Lanes(from: row3 + column) - shift3).stored(at: target + 3 &* laneCount)
      target += MicroTile.groupFloats
      column &+= laneCount
    }
    if whole < count {
      @inline(__always)
      func weights(_ end: Lanes, _ shift: Float) -> Lanes {
        exponential(end - shift).chosen(by: present, else: .zero)
      }
      sum0 += weights(end0, shift0).stored(at: target)
      sum1 += weights(end1, shift1).stored(at: target + laneCount)
      sum2 += weights(end2, shift2).stored(at: target + 2 &* laneCount)
      sum3 += weights(end3, shift3).stored(at: target + 3 &* laneCount)
    }
    (statistics[0], statistics[1]) = (shift0, 1 / sum0.total)
    (statistics[2], statistics[3]) = (shift1, 1 / sum1.total)
    (statistics[4], statistics[5]) = (shift2, 1 / sum2.total)
    (statistics[6], statistics[7]) = (shift3, 1 / sum3.total)
  }

  /// scores = exp(scores − largest) · reciprocal, in place: the weights of softmax; weightGradient
  /// = weights · (weightGradient − product), in place and in `groups`: the gradient of the scores,
  /// where product is Σ weights · weightGradient. Extents as in `exponentials`.
  @inline(never)
  package static func softmaxGradient(
    scores: UnsafeMutablePointer<Float>, weightGradient: UnsafeMutablePointer<Float>, count: Int,
    largest: Float, reciprocal: Float, product: Float, groups: UnsafeMutablePointer<Float>
  ) {
    var target = groups
    var i = 0
    while i < count {
      let weight = exponential(Lanes(from: scores + i) - largest) * reciprocal
      let gradient = weight * (Lanes(from: weightGradient + i) - product)
      weight.store(to: scores + i)
      gradient.store(to: weightGradient + i)
      gradient.store(to: target)
      target += MicroTile.groupFloats
      i &+= laneCount
    }
  }

  /// hidden += bias, and activation = GELU(hidden) of that.
  @inline(never)
  package static func gelu(
    hidden: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>,
    activation: UnsafeMutablePointer<Float>, count: Int
  ) {
    var i = 0
    while i &+ laneCount <= count {
      let x = Lanes(from: hidden + i) + Lanes(from: bias + i)
      x.store(to: hidden + i)
      (x * normalDistribution(x).distribution).store(to: activation + i)
      i &+= laneCount
    }
    while i < count {
      let x = Lanes(repeating: hidden[i] + bias[i])
      hidden[i] = x[0]
      activation[i] = (x * normalDistribution(x).distribution)[0]
      i &+= 1
    }
  }

  /// gradient *= GELU'(hidden), in place, and activation = GELU(hidden) once more.
  @inline(never)
  package static func geluGradient(
    hidden: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>,
    activation: UnsafeMutablePointer<Float>, count: Int
  ) {
    var i = 0
    while i &+ laneCount <= count {
      let x = Lanes(from: hidden + i)
      let (distribution, density) = normalDistribution(x)
      (Lanes(from: gradient + i) * distribution.addingProduct(x, density)).store(to: gradient + i)
      (x * distribution).store(to: activation + i)
      i &+= laneCount
    }
    while i < count {
      let x = Lanes(repeating: hidden[i])
      let (distribution, density) = normalDistribution(x)
      gradient[i] *= distribution.addingProduct(x, density)[0]
      activation[i] = (x * distribution)[0]
      i &+= 1
    }
  }

  /// eˣ of each value, in place, for tests; outside [-87.3, 88.3] what its ends give.
  package static func exponentiate(_ values: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count {
      values[i] = exponential(Lanes(repeating: values[i] > 88.3 ? 88.3 : values[i]))[0]
    }
  }
}

/// A row's floats of one group of depths.
private typealias Lanes = SIMD16<Float>
private typealias LaneBits = SIMD16<Int32>

@inline(__always)
private var laneCount: Int { MicroTile.groupDepth }

/// eˣ for x up to 88.3; below -87.3 what that gives, so that neither zero nor subnormal numbers
/// come out. What is not a number stays so. The error is below 1 unit in the last place.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, e^r by a minimax polynomial of degree 6
/// (scripts/golden/polynomials).
@inline(__always)
private func exponential(_ x: Lanes) -> Lanes {
  let clamped = x.replacing(with: -87.3, where: x .< -87.3)
  // Adding 1.5·2²³ leaves the nearest integer in the low bits.
  let shifted = Lanes(repeating: 12_582_912).addingProduct(clamped, 1.442_695_04)
  let n = shifted - 12_582_912
  // ln 2 in two parts; the first has few bits, so its multiples are exact.
  let r = clamped.addingProduct(-n, 0.693_359_375).addingProduct(n, 2.121_944_40e-4)
  var q = Lanes(repeating: 0.001_381_460_11)
  q = Lanes(repeating: 0.008_368_717_51).addingProduct(q, r)
  q = Lanes(repeating: 0.041_668_389).addingProduct(q, r)
  q = Lanes(repeating: 0.166_665_211).addingProduct(q, r)
  q = Lanes(repeating: 0.499_999_94).addingProduct(q, r)
  let power = r.addingProduct(r * r, q) + 1
  let exponent = (unsafeBitCast(shifted, to: LaneBits.self) &- 0x4B40_0000 &+ 127) &<< 23
  return power * unsafeBitCast(exponent, to: Lanes.self)
}

/// Φ(x) and φ(x) of the standard normal distribution.
///
/// Φ(-|x|) = φ(x)·R(|x|), where Mills' ratio R is t times a polynomial of degree 8 in t = 1/(1 +
/// 0.35|x|) (scripts/golden/polynomials; relative error 3·10⁻⁸ up to |x| = 13). One exponential
/// serves value and derivative, and the tail keeps its relative accuracy.
@inline(__always)
private func normalDistribution(_ x: Lanes) -> (distribution: Lanes, density: Lanes) {
  // Integer operations for sign and choice: the compiler takes masks apart into half vectors.
  let bits = unsafeBitCast(x, to: LaneBits.self)
  let magnitude = unsafeBitCast(bits & Int32.max, to: Lanes.self)
  let density = exponential(x * x * -0.5) * 0.398_942_28
  let t = 1 / Lanes(repeating: 1).addingProduct(magnitude, 0.35)
  var q = Lanes(repeating: -0.073_007_874_2)
  q = Lanes(repeating: 0.360_634_983).addingProduct(q, t)
  q = Lanes(repeating: -0.640_456_557).addingProduct(q, t)
  q = Lanes(repeating: 0.398_378_462).addingProduct(q, t)
  q = Lanes(repeating: -0.057_496_104_4).addingProduct(q, t)
  q = Lanes(repeating: 0.264_281_69).addingProduct(q, t)
  q = Lanes(repeating: 0.300_425_38).addingProduct(q, t)
  q = Lanes(repeating: 0.350_574_732).addingProduct(q, t)
  q = Lanes(repeating: 0.349_979_371).addingProduct(q, t)
  let tail = density * (q * t)
  return (tail.chosen(by: bits &>> 31, else: 1 - tail), density)
}

extension SIMD16<Float> {
  @inline(__always)
  fileprivate init(from place: UnsafePointer<Float>) {
    self = UnsafeRawPointer(place).loadUnaligned(as: Self.self)
  }

  @inline(__always)
  fileprivate func store(to place: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(place).storeBytes(of: self, as: Self.self)
  }

  @inline(__always)
  fileprivate func stored(at place: UnsafeMutablePointer<Float>) -> Self {
    store(to: place)
    return self
  }

  /// All bits set in the first `count` lanes, none in the others.
  @inline(__always)
  fileprivate static func mask(below count: Int) -> SIMD16<Int32> {
    (SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) &- Int32(count)) &>> 31
  }

  /// The lanes whose mask has all bits set; those of `other` where it has none.
  @inline(__always)
  fileprivate func chosen(by mask: SIMD16<Int32>, else other: Self) -> Self {
    let (a, b) = (
      unsafeBitCast(self, to: SIMD16<Int32>.self), unsafeBitCast(other, to: SIMD16<Int32>.self)
    )
    return unsafeBitCast((a & mask) | (b & ~mask), to: Self.self)
  }

  /// Lane by lane the larger one; `self` where `other` is not a number.
  @inline(__always)
  fileprivate func larger(_ other: Self) -> Self { replacing(with: other, where: other .> self) }

  /// The largest lane, if all are numbers.
  @inline(__always)
  fileprivate var largest: Float {
    let eight = lowHalf.replacing(with: highHalf, where: highHalf .> lowHalf)
    let four = eight.lowHalf.replacing(
      with: eight.highHalf, where: eight.highHalf .> eight.lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two[0] > two[1] ? two[0] : two[1]
  }

  /// The sum of the lanes: halves are added until two are left.
  @inline(__always)
  fileprivate var total: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
}
