// What float16 makes of a float, held against the format's definition in double precision.

import Basics
import Compression
import Testing

@Suite("Codec float16") struct Float16Tests {
  private let trip = ChunkTrip()

  /// The half with these bits: (1 + fraction/1024) · 2^(exponent − 15), or fraction · 2⁻²⁴.
  private static func half(_ bits: UInt32) -> Double {
    let (exponent, fraction) = (bits >> 10 & 0x1F, Double(bits & 0x3FF))
    let magnitude =
      exponent == 0
      ? fraction * 0x1p-24
      : (1 + fraction / 1024) * Double(sign: .plus, exponent: Int(exponent) - 15, significand: 1)
    return bits & 0x8000 == 0 ? magnitude : -magnitude
  }

  /// From zero to 65504, and what would come next.
  private static let halves = (0...UInt32(0x7C00)).map(half)

  private func decoded(_ values: [Float]) throws -> [Float] {
    try trip.decode(trip.encode(values, .float16), .float16, count: values.count).values
  }

  @Test("Every finite half comes back as it was, zeros and subnormals of both signs too")
  func exact() throws {
    let values = Self.halves.dropLast().flatMap { [Float($0), -Float($0)] }
    let result = try trip.decode(trip.encode(values, .float16), .float16, count: values.count)
    #expect(result.isFinite)
    #expect(result.values.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test(
    "Between two halves the nearer one is taken, in the middle the even one, on both sides of zero")
  func nearest() throws {
    var (values, expected): ([Float], [Double]) = ([], [])
    for bits in 0..<0x7C00 {
      let (low, high) = (Self.halves[bits], Self.halves[bits + 1])
      let middle = Float((low + high) / 2)
      for (value, half) in [
        (middle.nextDown, low), (middle, bits % 2 == 0 ? low : high), (middle.nextUp, high),
      ] {
        values += [value, -value]
        expected += [half, -half]
      }
    }
    let found = try decoded(values)
    let limit = Self.halves[0x7C00]
    let wrong = values.indices.filter {
      let expected = abs(expected[$0]) == limit ? expected[$0] * .infinity : expected[$0]
      return Double(found[$0]).bitPattern != expected.bitPattern
    }
    #expect(wrong.isEmpty, "the first: \(wrong.first.map { values[$0] } ?? 0)")
  }

  @Test(
    "What is beyond the range is not finite, is told, and is never added",
    arguments: [65520, 1e5, 3e38])
  func overflow(value: Float) throws {
    for bad in [value, -value] {
      let chunk = trip.encode([1, bad, 65519.99], .float16)
      let result = try trip.decode(chunk, .float16, count: 3)
      #expect(!result.isFinite)
      #expect(result.values == [1, bad < 0 ? -.infinity : .infinity, 65504])
      var sum: [Float] = [1, 2, 3]
      #expect(try !trip.add(chunk, .float16, to: &sum))
      #expect(sum == [1, 2, 3])
    }
  }

  @Test("The smallest values are zero, with their sign")
  func underflow() throws {
    let values: [Float] = [0x1p-25, -0x1p-25, .leastNonzeroMagnitude, 0x1.8p-25]
    #expect(try decoded(values).map(\.bitPattern) == [0, 1 << 31, 0, Float(0x1p-24).bitPattern])
  }

  @Test("NaN stays NaN")
  func notANumber() throws {
    for bits: UInt32 in [0x7F80_0001, 0x7FC0_0000, 0xFFFF_FFFF, 0xFF80_0001] {
      #expect(try decoded([Float(bitPattern: bits)])[0].isNaN)
    }
  }

  @Test("The bytes are IEEE's, rotated")
  func knownBytes() {
    // 1 and −2 are 3C00 and C000; rotated left by one 7800 and 8001: planes 00 01 and 78 80,
    // stored.
    #expect(trip.encode([1, -2], .float16)[16...].suffix(4) == [0, 1, 0x78, 0x80])
  }
}
