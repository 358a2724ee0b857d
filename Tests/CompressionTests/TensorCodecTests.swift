// What holds for every registered codec, and the bytes of the format.

import Basics
import Compression
import Tensors
import Testing

/// Codecs with plain arrays around them; a chunk is the only one of a vector.
final class ChunkTrip {
  var key = ChunkKey(
    seed: 1, step: Step(2), content: .gradient(microbatch: 3), chunk: ChunkIndex(index: 0))
  private var codecs: [ParameterLayout: TensorCodec] = [:]

  func encode(_ values: [Float], _ kind: CodecKind, in layout: ParameterLayout? = nil) -> [UInt8] {
    values.withUnsafeBufferPointer {
      codec(layout ?? .matrix(values.count)).encode($0, as: kind, key: key)
    }
  }

  func decode(
    _ chunk: [UInt8], _ kind: CodecKind, count: Int, in layout: ParameterLayout? = nil
  ) throws -> (values: [Float], isFinite: Bool) {
    var values = [Float](repeating: .pi, count: count)
    let codec = codec(layout ?? .matrix(count))
    let isFinite = try values.withUnsafeMutableBufferPointer {
      try codec.decode(chunk, of: key.chunk, as: kind, into: $0)
    }
    return (values, isFinite)
  }

  func add(
    _ chunk: [UInt8], _ kind: CodecKind, to values: inout [Float], in layout: ParameterLayout? = nil
  ) throws -> Bool {
    let codec = codec(layout ?? .matrix(values.count))
    return try values.withUnsafeMutableBufferPointer {
      try codec.decodeAdding(chunk, of: key.chunk, as: kind, into: $0)
    }
  }

  private func codec(_ layout: ParameterLayout) -> TensorCodec {
    if let codec = codecs[layout] { return codec }
    let codec = TensorCodec(ChunkedLayout(layout))
    codecs[layout] = codec
    return codec
  }
}

extension ParameterLayout {
  /// Of a single matrix.
  static func matrix(_ count: Int) -> ParameterLayout {
    ParameterLayout([("matrix", [count], .matrix)])
  }
}

/// Numbers like a gradient's: normal, with a scale that changes along the way.
func gradientLike(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var random = CounterRandom(seed: seed, purpose: .benchmark)
  return (0..<count).map { Float(random.normal()) * ($0 / 1000 % 2 == 0 ? 1e-3 : 3e-5) }
}

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
        let bytes = TensorCodec.maximumEncodedBytes(kind, ChunkedLayout(.matrix(count)))
        #expect(chunk.count <= bytes)
      }
    }
  }

  @Test("The bytes do not depend on what the codec did before", arguments: CodecKind.allCases)
  func noMemory(kind: CodecKind) {
    let values = gradientLike(5000)
    let fresh = ChunkTrip().encode(values, kind)
    _ = trip.encode(gradientLike(5000, seed: 9), kind)
    #expect(trip.encode(values, kind) == fresh)
  }

  @Test("The format is the documented one")
  func knownBytes() {
    // 1, -2 in bfloat16 are 3F80, C000; rotated left by one 7F00, 8001: planes 00 01 and 7F 80,
    // stored.
    let chunk = trip.encode([1, -2], .bfloat16)
    #expect(chunk[..<8] == [0x54, 0x52, 0x43, 0x4B, 1, 0, 0, 0])
    #expect(chunk[16...] == [2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0x7F, 0x80])
    let sum = chunk[16...].withUnsafeBytes { Checksum.of($0) }
    #expect(chunk[8..<16].reversed().reduce(0) { $0 << 8 | UInt64($1) } == sum)
  }
}
