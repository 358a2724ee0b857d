// Counter-based random numbers: a value is a function of what it is for, never of a thread, a clock
// or the order in which anything happened. Not for secrets.

/// What a stream of random numbers is for. Raw values are part of every run's numbers: never
/// renumber.
public enum RandomPurpose: UInt32, Sendable, CaseIterable {
  case initialParameters = 1
  case epochOrder = 2
  case neighbourChoice = 3
  case cropFirst = 4
  case cropSecond = 5
  case maskFirst = 6
  case maskSecond = 7
  case rounding = 8
  case simulation = 9
  case benchmark = 10
  case substitution = 11
  case chipSheet = 12
  case flip = 13
  case probeInitial = 20
  case probeShuffle = 21
  case bootstrap = 22
  case spatialFolds = 23
  case probedPlaces = 24
  case processorCheck = 25
}

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), keyed by
/// a seed and a purpose and positioned by up to three coordinates. Two streams that differ in any
/// of these are independent; equal ones are equal on every machine.
public struct CounterRandom: RandomNumberGenerator, Sendable {
  private let key: (UInt32, UInt32)
  private let position: (UInt32, UInt32, UInt32)
  private var block: UInt32 = 0
  private var buffer = SIMD4<UInt32>()
  private var used = 4

  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - purpose: what the numbers are for.
  ///   - a: the first coordinate within the purpose, for example the step.
  ///   - b: the second, for example the microbatch.
  ///   - c: the third, for example the pair.
  public init(
    seed: UInt64, purpose: RandomPurpose, _ a: UInt32 = 0, _ b: UInt32 = 0, _ c: UInt32 = 0
  ) {
    let derived = Self.philox(
      counter: SIMD4(purpose.rawValue, 0, 0, 0x7465_7272),
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    key = (derived[0], derived[1])
    position = (a, b, c)
  }

  /// Ten Philox rounds of one 128-bit counter.
  public static func philox(counter: SIMD4<UInt32>, key: (UInt32, UInt32)) -> SIMD4<UInt32> {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let first = c[0].multipliedFullWidth(by: 0xD251_1F53)
      let second = c[2].multipliedFullWidth(by: 0xCD9E_8D57)
      c = SIMD4(second.high ^ c[1] ^ k.0, second.low, first.high ^ c[3] ^ k.1, first.low)
      k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return c
  }

  /// Eight blocks of the stream at once, for loops that take many numbers: each block is two times
  /// 64 bits, which a stream that was not drawn from gives by `next`, `low` before `high`.
  /// - Parameter first: the first block's number, from 0.
  package func eightBlocks(from first: UInt32) -> (low: SIMD8<UInt64>, high: SIMD8<UInt64>) {
    typealias Lanes = SIMD8<UInt64>
    // 32-bit words in 64-bit lanes, for multiplications of full width.
    let word = Lanes(repeating: 0xFFFF_FFFF)
    var c0 = Lanes(repeating: UInt64(first)) &+ Lanes(0, 1, 2, 3, 4, 5, 6, 7)
    var c1 = Lanes(repeating: UInt64(position.0))
    var c2 = Lanes(repeating: UInt64(position.1))
    var c3 = Lanes(repeating: UInt64(position.2))
    var k = key
    for _ in 0..<10 {
      let first = (c0 & word) &* 0xD251_1F53
      let second = (c2 & word) &* 0xCD9E_8D57
      c0 = (second &>> 32) ^ c1 ^ Lanes(repeating: UInt64(k.0))
      c2 = (first &>> 32) ^ c3 ^ Lanes(repeating: UInt64(k.1))
      c1 = second & word
      c3 = first & word
      k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return (c0 | c1 &<< 32, c2 | c3 &<< 32)
  }

  /// The next 32 bits of the stream.
  public mutating func nextUInt32() -> UInt32 {
    if used == 4 {
      buffer = Self.philox(
        counter: SIMD4(block, position.0, position.1, position.2), key: key)
      block &+= 1
      used = 0
    }
    used += 1
    return buffer[used - 1]
  }

  /// The next 64 bits of the stream, low half first.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextUInt32())
    return low | UInt64(nextUInt32()) << 32
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniformFloat() -> Float { Float(nextUInt32() >> 8) * 0x1p-24 }

  /// Uniform in 0..<bound, without bias (Lemire, "Fast random integer generation in an interval",
  /// 2019).
  /// - Precondition: `bound` is positive.
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0 && bound <= Int(UInt32.max))
    let range = UInt32(bound)
    let threshold = (0 &- range) % range
    while true {
      let product = nextUInt32().multipliedFullWidth(by: range)
      if product.low >= threshold { return Int(product.high) }
    }
  }

  /// Standard normal, by Box and Muller; two uniforms per value.
  public mutating func normal() -> Double {
    let radius = (-2 * PortableMath.log(1 - uniform())).squareRoot()
    return radius * PortableMath.sineCosine(2 * .pi * uniform()).cosine
  }

  /// A uniformly random permutation of 0..<count (Fisher and Yates).
  public mutating func permutation(of count: Int) -> [Int32] {
    var order = (0..<Int32(count)).map { $0 }
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, index(below: last + 1))
    }
    return order
  }
}
