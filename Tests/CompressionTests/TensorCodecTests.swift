import Basics
import Compression
import Testing

/// A codec with plain arrays around it.
struct ChunkTrip {
  let codec = TensorCodec()

  func encode(_ values: [Float], _ kind: CodecKind) -> [UInt8] {
    values.withUnsafeBufferPointer { codec.encode($0, as: kind) }
  }

  func decode(_ chunk: [UInt8], _ kind: CodecKind, count: Int) throws -> (
    values: [Float], isFinite: Bool
  ) {
    var values = [Float](repeating: .pi, count: count)
    let isFinite = try values.withUnsafeMutableBufferPointer {
      try codec.decode(chunk, as: kind, into: $0)
    }
    return (values, isFinite)
  }

  func add(_ chunk: [UInt8], _ kind: CodecKind, to values: inout [Float]) throws -> Bool {
    try values.withUnsafeMutableBufferPointer { try codec.decodeAdding(chunk, as: kind, into: $0) }
  }
}

/// Numbers like a gradient's: normal, with a scale that changes along the way.
func gradientLike(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var random = CounterRandom(seed: seed, purpose: .benchmark)
  return (0..<count).map { Float(random.normal()) * ($0 / 1000 % 2 == 0 ? 1e-3 : 3e-5) }
}

/// The values whose rounding is delicate, by bits, and what bfloat16 makes of them.
private let roundings: [(bits: UInt32, expected: UInt16)] = [
  // Zeros keep their sign.
  (0x0000_0000, 0x0000), (0x8000_0000, 0x8000),
  // 1 and just above; the tie at an even neighbour, and beside it.
  (0x3F80_0000, 0x3F80), (0x3F80_0001, 0x3F80), (0x3F80_7FFF, 0x3F80), (0x3F80_8000, 0x3F80),
  (0x3F80_8001, 0x3F81),
  // The tie at an odd neighbour, and beside it; the same below zero.
  (0x3F81_7FFF, 0x3F81), (0x3F81_8000, 0x3F82), (0x3F81_8001, 0x3F82), (0xBF81_8000, 0xBF82),
  (0xBF80_8000, 0xBF80),
  // Subnormals, the largest of which becomes normal.
  (0x0000_0001, 0x0000), (0x0000_8000, 0x0000), (0x0000_8001, 0x0001), (0x007F_FFFF, 0x0080),
  // A carry into the exponent.
  (0x3FFF_FFFF, 0x4000),
  // The largest bfloat16, and beyond it: infinity.
  (0x7F7F_0000, 0x7F7F), (0x7F7F_7FFF, 0x7F7F), (0x7F7F_8000, 0x7F80), (0x7F7F_FFFF, 0x7F80),
  (0xFF7F_FFFF, 0xFF80),
  // Infinities and NaN stay what they are, NaN also where rounding would carry.
  (0x7F80_0000, 0x7F80), (0xFF80_0000, 0xFF80), (0x7FC0_0000, 0x7FC0), (0xFFC0_0000, 0xFFC0),
  (0x7F80_0001, 0x7FC0), (0x7FFF_FFFF, 0x7FFF), (0xFFFF_FFFF, 0xFFFF),
]

@Suite("Tensor codec") struct TensorCodecTests {
  let trip = ChunkTrip()

  @Test("float32 gives back every bit, at sizes on and off the vector width")
  func float32IsExact() throws {
    for count in [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 1000, 1001, 65_537, 262_143, 262_144] {
      let values = gradientLike(count, seed: UInt64(count))
      let result = try trip.decode(trip.encode(values, .float32), .float32, count: count)
      #expect(result.isFinite)
      #expect(result.values.map(\.bitPattern) == values.map(\.bitPattern))
    }
  }

  @Test("bfloat16 rounds to nearest, ties to even, alone and in a vector")
  func bfloat16Rounding() throws {
    for (bits, expected) in roundings {
      for count in [1, 8, 11] {
        let values = [Float](repeating: Float(bitPattern: bits), count: count)
        let result = try trip.decode(trip.encode(values, .bfloat16), .bfloat16, count: count)
        #expect(
          result.values.allSatisfy { $0.bitPattern == UInt32(expected) << 16 },
          "0x\(String(bits, radix: 16)) became 0x\(String(result.values[0].bitPattern, radix: 16))")
      }
    }
  }

  @Test("bfloat16 gives the nearest of its values for every upper half and delicate lower halves")
  func bfloat16IsNearest() throws {
    for lower: UInt32 in [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF] {
      let values = (0..<UInt32(65_536)).map { Float(bitPattern: $0 << 16 | lower) }
      let result = try trip.decode(trip.encode(values, .bfloat16), .bfloat16, count: values.count)
      #expect(!result.isFinite)
      var wrong: [UInt32] = []
      for (value, found) in zip(values, result.values) {
        if !isNearestEven(value, found) { wrong.append(value.bitPattern) }
      }
      #expect(wrong.isEmpty)
    }
  }

  /// Rounding in double precision, where every candidate and distance is exact.
  private func isNearestEven(_ value: Float, _ found: Float) -> Bool {
    if value.isNaN { return found.isNaN && found.sign == value.sign }
    if value.isInfinite { return found == value }
    let down = UInt32(value.bitPattern & 0xFFFF_0000)
    let below = Double(Float(bitPattern: down))
    let unit = (Double(value.magnitude) - below.magnitude)
    let step = down & 0x7FFF_FFFF == 0x7F7F_0000 ? 0x1p120 : distance(down)
    let isUp = unit * 2 > step || (unit * 2 == step && down & 0x1_0000 != 0)
    return found.bitPattern == (isUp ? down + 0x1_0000 : down)
  }

  private func distance(_ down: UInt32) -> Double {
    (Double(Float(bitPattern: down + 0x1_0000)) - Double(Float(bitPattern: down))).magnitude
  }

  @Test("Adding is the float sum with what decode gives", arguments: CodecKind.allCases)
  func addingAdds(kind: CodecKind) throws {
    for count in [1, 8, 13, 4099] {
      let chunk = trip.encode(gradientLike(count), kind)
      let start = gradientLike(count, seed: 2)
      var sum = start
      #expect(try trip.add(chunk, kind, to: &sum))
      let decoded = try trip.decode(chunk, kind, count: count).values
      #expect(sum.map(\.bitPattern) == zip(start, decoded).map { ($0 + $1).bitPattern })
    }
  }

  @Test("A value that is not finite is reported wherever it is, and never added")
  func nonFinite() throws {
    for kind in CodecKind.allCases {
      for bad in [Float.infinity, -.infinity, .nan, -.nan] {
        for place in [0, 5, 8, 16] {
          var values = [Float](repeating: 1, count: 17)
          values[place] = bad
          let chunk = trip.encode(values, kind)
          #expect(try !trip.decode(chunk, kind, count: 17).isFinite)
          var sum = [Float](repeating: 2, count: 17)
          #expect(try !trip.add(chunk, kind, to: &sum))
          #expect(sum == [Float](repeating: 2, count: 17))
        }
      }
    }
  }

  @Test("Values of one sign and scale take no plane for their exponents")
  func exponentsCompress() {
    let noise = gradientLike(262_144)
    #expect(trip.encode(noise, .float32).count < 262_144 * 4 * 96 / 100)
    #expect(trip.encode(noise, .bfloat16).count < 262_144 * 2 * 92 / 100)
    let zeros = [Float](repeating: 0, count: 262_144)
    #expect(trip.encode(zeros, .float32).count < 6000)
    let ones = (0..<262_144).map { 1 + Float($0 % 251) * 0x1p-7 }
    #expect(trip.encode(ones, .bfloat16).count < 8000)
  }

  @Test("Noise in every bit stays below the stated maximum")
  func maximumHolds() {
    var random = CounterRandom(seed: 3, purpose: .benchmark)
    for kind in CodecKind.allCases {
      for count in [1, 3, 9000, 262_144] {
        let noise = (0..<count).map { _ in Float(bitPattern: random.nextUInt32()) }
        let chunk = trip.encode(noise, kind)
        #expect(chunk.count <= TensorCodec.maximumEncodedBytes(kind, count: count))
      }
    }
  }

  @Test("The bytes do not depend on what the codec did before")
  func noMemory() {
    let values = gradientLike(5000)
    let fresh = ChunkTrip().encode(values, .bfloat16)
    _ = trip.encode(gradientLike(262_144, seed: 9), .float32)
    #expect(trip.encode(values, .bfloat16) == fresh)
  }

  @Test("The format is the documented one")
  func knownBytes() {
    // 1, -2 in bfloat16 are 3F80, C000; rotated left by one 7F00, 8001: planes 00 01 and 7F 80, stored.
    let chunk = trip.encode([1, -2], .bfloat16)
    #expect(chunk[..<8] == [0x54, 0x52, 0x43, 0x4B, 1, 0, 0, 0])
    #expect(chunk[16...] == [2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0x7F, 0x80])
    let sum = chunk[16...].withUnsafeBytes { Checksum.of($0) }
    #expect(chunk[8..<16].reversed().reduce(0) { $0 << 8 | UInt64($1) } == sum)
  }
}
