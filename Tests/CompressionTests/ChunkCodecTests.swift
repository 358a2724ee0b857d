// What the protocol asks of every codec.

import Basics
import Compression
import Tensors
import Testing

@Suite("Chunk codecs") struct ChunkCodecTests {
  private static let capacity = 9001
  private static let key = ChunkKey(
    seed: 1, step: Step(2), content: .gradient(microbatch: 3), chunk: ChunkIndex(index: 4))
  /// Metatypes are not Sendable arguments of a test.
  private let types = CodecKind.allCases.map(\.codec)

  private func parts(_ count: Int) -> ChunkParts { ChunkParts(.matrix(count), 0..<count) }

  private func encode(
    _ values: [Float], _ codec: any ChunkCodec, key: ChunkKey = Self.key
  ) -> [UInt8] {
    let room = ChunkFrame.maximumBytes(type(of: codec), parts(values.count))
    return [UInt8](unsafeUninitializedCapacity: room) { target, bytes in
      bytes = values.withUnsafeBufferPointer {
        ChunkFrame.encode(
          $0, parts(values.count), key: key, with: codec,
          into: UnsafeMutableRawBufferPointer(target))
      }
    }
  }

  private func decode(
    _ chunk: [UInt8], _ codec: any ChunkCodec, adding: Bool = false, to start: [Float]
  ) throws -> (values: [Float], isFinite: Bool) {
    var values = start
    let isFinite = try values.withUnsafeMutableBufferPointer { target in
      try chunk.withUnsafeBytes {
        try ChunkFrame.decode(
          $0, parts(target.count), with: codec, adding: adding, into: target
        ).isFinite
      }
    }
    return (values, isFinite)
  }

  @Test("No two codecs have the same wire number")
  func wireNumbers() { #expect(Set(types.map { $0.wireNumber }).count == types.count) }

  @Test("A chunk decodes to the same values into any target, and no longer than its maximum")
  func roundTrip() throws {
    for type in types {
      let codec = type.init(capacity: Self.capacity)
      for count in [1, 31, 32, 33, Self.capacity] {
        let chunk = encode(gradientLike(count), codec)
        #expect(chunk.count <= ChunkFrame.maximumBytes(type, parts(count)))
        let once = try decode(chunk, codec, to: [Float](repeating: 7, count: count))
        let again = try decode(chunk, codec, to: [Float](repeating: .nan, count: count))
        #expect(once.isFinite && again.isFinite)
        #expect(once.values == again.values)
        let sum = try decode(chunk, codec, adding: true, to: [Float](repeating: 2, count: count))
        #expect(sum.values == once.values.map { 2 + $0 })
      }
    }
  }

  @Test("Minus zeros, added, change no bit")
  func nothing() throws {
    for type in types {
      let codec = type.init(capacity: Self.capacity)
      let chunk = encode([Float](repeating: -0.0, count: 4), codec)
      let start: [Float] = [1, -0.0, 0, -.leastNonzeroMagnitude]
      let sum = try decode(chunk, codec, adding: true, to: start)
      #expect(sum.isFinite)
      #expect(sum.values.map(\.bitPattern) == start.map(\.bitPattern))
    }
  }

  @Test("What is not finite is told, and never added")
  func notFinite() throws {
    for type in types {
      let codec = type.init(capacity: Self.capacity)
      for bad in [Float.infinity, -.infinity, .nan] {
        let chunk = encode([Float](repeating: 1, count: 40) + [bad], codec)
        let start = [Float](repeating: 2, count: 41)
        #expect(try !decode(chunk, codec, to: start).isFinite)
        let sum = try decode(chunk, codec, adding: true, to: start)
        #expect(!sum.isFinite && sum.values == start)
      }
    }
  }

  @Test("One codec's chunk is refused by every other, by name")
  func otherCodec() {
    for type in types {
      let chunk = encode([1, 2], type.init(capacity: 2))
      for other in types where other.wireNumber != type.wireNumber {
        #expect(
          throws: CodecError.wrongCodec(found: type.wireNumber, expected: other.wireNumber)
        ) { try decode(chunk, other.init(capacity: 2), to: [0, 0]) }
      }
    }
    #expect(
      "\(CodecError.wrongCodec(found: 2, expected: 1))".hasPrefix(
        "an encoded chunk of codec bfloat16 where float32 was expected; "))
    #expect(
      "\(CodecError.wrongCodec(found: 99, expected: 1))".hasPrefix(
        "an encoded chunk of codec number 99 where float32 was expected; "))
  }

  @Test(
    "Choices at random follow from the key: the same for equal keys, others for any other",
    arguments: [CodecKind.int8, .int4])
  func keys(kind: CodecKind) {
    let codec = kind.codec.init(capacity: Self.capacity)
    let values = gradientLike(1000)
    func key(
      _ seed: UInt64 = 1, _ step: UInt32 = 2,
      _ content: ChunkKey.Content = .gradient(microbatch: 3),
      _ chunk: Int = 4
    ) -> ChunkKey {
      ChunkKey(seed: seed, step: Step(step), content: content, chunk: ChunkIndex(index: chunk))
    }
    let chunk = encode(values, codec, key: key())
    #expect(encode(values, kind.codec.init(capacity: 1000), key: key()) == chunk)
    let others = [
      key(9), key(1, 9), key(1, 2, .gradient(microbatch: 9)), key(1, 2, .parameters),
      key(1, 2, .gradient(microbatch: 3), 9),
    ].map { encode(values, codec, key: $0) }
    #expect(Set(others + [chunk]).count == 6)
  }
}
