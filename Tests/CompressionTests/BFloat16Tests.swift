// What bfloat16 makes of a float.

import Basics
import Compression
import Testing

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

@Suite("Codec bfloat16") struct BFloat16Tests {
  let trip = ChunkTrip()

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
}
