// What a decoder measures of a chunk beside its values.

import Basics
import Compression
import Tensors
import Testing

@Suite("Measures of chunks") struct ChunkMeasureTests {
  private static let key: UInt64 = 0x5EED

  /// A matrix, and a bias that stays exact.
  private func layout(_ count: Int) -> ChunkedLayout {
    let exact = count / 3
    return ChunkedLayout(
      ParameterLayout([("weight", [count - exact], .matrix), ("bias", [exact], .bias)]))
  }

  private func payload(_ values: [Float], _ kind: CodecKind, _ codec: TensorCodec) -> [UInt8] {
    let key = ChunkKey(
      seed: 1, step: Step(2), content: .gradient(microbatch: 3), chunk: ChunkIndex(index: 0))
    return values.withUnsafeBufferPointer { codec.encode($0, as: kind, key: key) }
  }

  private func measure(
    _ payload: [UInt8], _ kind: CodecKind, _ codec: TensorCodec, onto start: [Float],
    adding: Bool = false, key: UInt64 = Self.key
  ) throws -> (measure: ChunkMeasure?, values: [Float]) {
    var values = start
    let measure = try values.withUnsafeMutableBufferPointer {
      try codec.decodeMeasuring(
        payload, of: ChunkIndex(index: 0), as: kind, adding: adding, key: key, into: $0)
    }
    return (measure, values)
  }

  @Test("The squared norm is that of the decoded values", arguments: CodecKind.allCases)
  func squaredNorm(kind: CodecKind) throws {
    for count in [3, 127, 128, 129, 500, 9001] {
      let codec = TensorCodec(layout(count))
      let encoded = payload(gradientLike(count), kind, codec)
      let zeros = [Float](repeating: 0, count: count)
      let (found, values) = try measure(encoded, kind, codec, onto: zeros)
      let measure = try #require(found)
      // The definition: in order, in double precision.
      let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      // Of so many roundings of sums of positive numbers.
      #expect(
        abs(measure.squaredNorm - expected) <= Double(count) * 0x1p-53 * expected,
        "\(kind), \(count) values: \(measure.squaredNorm), \(expected)")
      // It is of the values and not of the sum.
      let sevens = [Float](repeating: 7, count: count)
      #expect(try self.measure(encoded, kind, codec, onto: sevens, adding: true).measure == measure)
    }
  }

  @Test("The largest values have a finite norm, and zeros have none", arguments: CodecKind.allCases)
  func extremes(kind: CodecKind) throws {
    let codec = TensorCodec(layout(300))
    let largest: Float = kind == .float16 ? 65504 : 0x1.fp126
    let zeros = [Float](repeating: 0, count: 300)
    let values = [Float](repeating: largest, count: 300)
    let long = try measure(payload(values, kind, codec), kind, codec, onto: zeros).measure
    #expect(long?.squaredNorm.isFinite == true)
    let short = try measure(payload(zeros, kind, codec), kind, codec, onto: values).measure
    #expect(short?.squaredNorm == 0)
  }

  @Test("What is not finite has no measure", arguments: CodecKind.allCases)
  func notFinite(kind: CodecKind) throws {
    let codec = TensorCodec(layout(300))
    let zeros = [Float](repeating: 0, count: 300)
    for place in [0, 299] {
      var values = zeros
      values[place] = .infinity
      let encoded = payload(values, kind, codec)
      #expect(try measure(encoded, kind, codec, onto: zeros).measure == nil)
      #expect(try measure(encoded, kind, codec, onto: zeros, adding: true).measure == nil)
    }
  }

  @Test("Fingerprints tell values apart, by a key", arguments: CodecKind.allCases)
  func fingerprints(kind: CodecKind) throws {
    let codec = TensorCodec(layout(500))
    let zeros = [Float](repeating: 0, count: 500)
    let values = gradientLike(500)
    func print(_ values: [Float], _ key: UInt64) throws -> UInt64? {
      try measure(payload(values, kind, codec), kind, codec, onto: zeros, key: key)
        .measure?.fingerprint
    }
    let once = try print(values, 1)
    #expect(try once == print(values, 1))
    #expect(try once != print(values, 2))
    for place in [0, 250, 499] {
      var others = values
      others[place] = -2 * others[place] - 1
      #expect(try once != print(others, 1), "place \(place)")
    }
  }

  @Test("Another LZ4's bytes, or none's, for the same values have the same measure")
  func compression() throws {
    let count = 9001
    let values = gradientLike(count)
    let parts = ChunkParts(ParameterLayout([("all", [count], .matrix)]), 0..<count)
    let type = CodecKind.float32.codec
    let codec = type.init(capacity: count)
    let key = ChunkKey(seed: 1, step: Step(0), content: .parameters, chunk: ChunkIndex(index: 0))
    let body = UnsafeMutableRawBufferPointer.allocate(
      byteCount: type.maximumBytes(parts), alignment: 64)
    defer { body.deallocate() }
    let written = values.withUnsafeBufferPointer { codec.encode($0, parts, key: key, into: body) }
    // The same planes, of which none is compressed.
    var stored: [UInt8] = []
    for _ in 0..<4 { stored += (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } }
    for plane in 0..<4 {
      stored += values.map { value in
        let word = value.bitPattern << 1 | value.bitPattern >> 31
        return UInt8(truncatingIfNeeded: word >> (8 * UInt32(plane)))
      }
    }
    #expect(written.flags != 0 && written.bytes < stored.count)
    var target = [Float](repeating: 0, count: count)
    let measures = try target.withUnsafeMutableBufferPointer { target in
      let short = try codec.decode(
        UnsafeRawBufferPointer(rebasing: body[..<written.bytes]), flags: written.flags, parts,
        adding: false, measuredBy: Self.key, into: target
      ).measure
      let long = try stored.withUnsafeBytes {
        try codec.decode(
          $0, flags: 0, parts, adding: false, measuredBy: Self.key, into: target
        ).measure
      }
      return [short, long]
    }
    #expect(measures[0] != nil && measures[0] == measures[1])
    #expect(target == values)
  }
}
