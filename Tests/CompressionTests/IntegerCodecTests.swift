// What `int8` and `int4` make of a float: their definition, their error, and what they leave alone.

import Basics
import Compression
import Tensors
import Testing

/// A codec's definition in plain words, for a chunk of one matrix: no loop here is that of the
/// codec.
private struct IntegerDefinition {
  let limit: Float
  /// Values in a byte.
  let perByte: Int

  init(_ kind: CodecKind) {
    limit = kind == .int8 ? 127 : 7
    perByte = kind == .int8 ? 1 : 2
  }

  /// The body of a chunk, without its head.
  func body(_ values: [Float], _ key: ChunkKey) -> [UInt8] {
    let blocks = stride(from: 0, to: values.count, by: 128).map { start in
      let block = Array(values[start..<min(start + 128, values.count)])
      return block + [Float](repeating: 0, count: 128 - block.count)
    }
    let offsets = Self.offsets(key, count: 128 * blocks.count)
    var (scales, integers): ([UInt8], [UInt8]) = ([], [])
    for (index, block) in blocks.enumerated() {
      let scale = scale(block)
      let bits = scale.bitPattern >> 16
      scales += [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
      let rounded = zip(block, offsets[(128 * index)...]).map { value, offset in
        scale == 0 || scale.isNaN ? 0 : self.rounded(value, scale, offset)
      }
      let bytes = rounded.map { UInt8(bitPattern: $0) }
      integers += perByte == 1 ? bytes : (0..<64).map { bytes[$0] & 15 | bytes[$0 + 64] << 4 }
    }
    return scales + integers
  }

  func scale(_ block: [Float]) -> Float {
    if !block.allSatisfy(\.isFinite) { return Float(bitPattern: 0x7FC0_0000) }
    let largest = block.map(\.magnitude).max()!
    if largest == 0 { return -0.0 }
    let quotient = max(largest / limit, 0x1p-126)
    let below = Float(bitPattern: quotient.bitPattern & 0xFFFF_0000)
    let scale = below == quotient ? below : Float(bitPattern: below.bitPattern + 0x1_0000)
    return (scale * limit).isFinite ? scale : Float(bitPattern: scale.bitPattern - 0x1_0000)
  }

  private func rounded(_ value: Float, _ scale: Float, _ offset: Float) -> Int8 {
    let place = value * (1 / scale) + offset
    return Int8(max(-limit, min(limit, place.rounded(.toNearestOrEven))))
  }

  /// From numbers that are drawn one after the other.
  private static func offsets(_ key: ChunkKey, count: Int) -> [Float] {
    guard case .gradient = key.content else { return [Float](repeating: 0, count: count) }
    var random = key.random
    let words = (0..<count / 4).map { _ in random.next() }
    return (0..<count).map { index in
      let philox = index / 64 * 8 + index % 32 / 4
      let word = words[2 * philox + index / 32 % 2]
      let piece = word >> UInt64(16 * (index % 4)) & 0xFFFF
      return (Float(piece) + 0.5) * 0x1p-16 - 0.5
    }
  }
}

/// Blocks of values that are hard in one way or another.
private let distributions: [(name: String, values: [Float])] = {
  var random = CounterRandom(seed: 5, purpose: .simulation)
  func many(_ value: () -> Float) -> [Float] { (0..<1000).map { _ in value() } }
  var outlier = many { Float(random.normal()) * 1e-3 }
  outlier[500] = 1e4
  let extremes: [Float] = [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1.fp127, 1, 0]
  return [
    ("normal", many { Float(random.normal()) }),
    ("heavy-tailed", many { Float(random.normal() / max(abs(random.normal()), 1e-3)) }),
    ("one outlier", outlier),
    ("subnormal", many { Float(bitPattern: random.nextUInt32() & 0x807F_FFFF) }),
    ("barely normal", many { Float(random.normal()) * 0x1p-125 }),
    ("near the largest", many { Float(random.uniform() - 0.5) * 2 * .greatestFiniteMagnitude }),
    ("extremes", extremes + extremes.map { $0 * 0.999 }),
    ("zeros", [0, -0.0, 0, 0]),
    ("multiples of the scale", (0..<255).map { Float($0 - 127) }),
  ]
}()

@Suite("Codecs int8 and int4") struct IntegerCodecTests {
  let trip = ChunkTrip()
  private static let kinds = [CodecKind.int8, .int4]
  private static let gradient = ChunkKey.Content.gradient(microbatch: 3)

  private func key(_ content: ChunkKey.Content, step: Int = 2) -> ChunkKey {
    ChunkKey(seed: 1, step: Step(index: step), content: content, chunk: ChunkIndex(index: 0))
  }

  @Test("The bytes are those of the definition", arguments: kinds, [gradient, .parameters])
  func definition(kind: CodecKind, content: ChunkKey.Content) {
    trip.key = key(content)
    for count in [1, 63, 64, 127, 128, 129, 1000, 262_144] {
      let values = gradientLike(count, seed: UInt64(count))
      #expect(
        Array(trip.encode(values, kind)[24...]) == IntegerDefinition(kind).body(values, trip.key),
        "\(count) values")
    }
    for (name, values) in distributions {
      #expect(
        Array(trip.encode(values, kind)[24...]) == IntegerDefinition(kind).body(values, trip.key),
        "\(name)")
    }
  }

  @Test("The error is within the stated bound", arguments: kinds, [gradient, .parameters])
  func bound(kind: CodecKind, content: ChunkKey.Content) throws {
    trip.key = key(content)
    let definition = IntegerDefinition(kind)
    for (name, values) in distributions {
      let result = try trip.decode(trip.encode(values, kind), kind, count: values.count)
      #expect(result.isFinite)
      for start in stride(from: 0, to: values.count, by: 128) {
        let block = values[start..<min(start + 128, values.count)]
        let largest = Double(block.map(\.magnitude).max()!)
        let scale = Double(definition.scale(Array(block)))
        #expect(scale <= max(largest / Double(definition.limit) * (1 + 0x1p-7), 0x1p-126))
        let bound = scale * ((content == .parameters ? 0.5 : 1) + 0x1p-15)
        let worst = block.indices.max {
          error(values, result.values, $0) < error(values, result.values, $1)
        }!
        #expect(
          error(values, result.values, worst) <= bound,
          "\(name), value \(worst): \(values[worst]) became \(result.values[worst])")
      }
    }
  }

  private func error(_ values: [Float], _ found: [Float], _ index: Int) -> Double {
    abs(Double(found[index]) - Double(values[index]))
  }

  @Test("Gradients keep their mean", arguments: kinds)
  func unbiased(kind: CodecKind) throws {
    // With 127 or 7 as the largest the scale is 1.
    let values: [Float] =
      [IntegerDefinition(kind).limit] + (1..<128).map { Float($0 - 64) / 64 * 6.9 }
    let rounds = 4000
    var sums = [Double](repeating: 0, count: 128)
    for round in 0..<rounds {
      trip.key = key(Self.gradient, step: round)
      let result = try trip.decode(trip.encode(values, kind), kind, count: 128).values
      for index in result.indices { sums[index] += Double(result[index]) }
    }
    for index in values.indices {
      let value = Double(values[index])
      let share = value - value.rounded(.down)
      // Six standard deviations of the mean, and the stated bias.
      let bound = 6 * (share * (1 - share) / Double(rounds)).squareRoot() + 0x1p-15
      #expect(abs(sums[index] / Double(rounds) - value) <= bound, "value \(index): \(value)")
    }
  }

  @Test("Parameters go to the nearest multiple, whatever the step of the run", arguments: kinds)
  func nearest(kind: CodecKind) throws {
    let limit = IntegerDefinition(kind).limit
    for round in 0..<3 {
      trip.key = key(.parameters, step: round)
      let values: [Float] = [limit, 0.49, 0.51, -0.49, -0.51, 1.5, 2.5, -limit]
      let found = try trip.decode(trip.encode(values, kind), kind, count: 8).values
      #expect(found == [limit, 0, 1, 0, -1, 2, 2, -limit])
    }
  }

  @Test("A block that is not finite is told, and leaves its neighbours alone", arguments: kinds)
  func notFinite(kind: CodecKind) throws {
    var values = gradientLike(384)
    values[200] = .infinity
    let result = try trip.decode(trip.encode(values, kind), kind, count: 384)
    #expect(!result.isFinite)
    #expect(result.values[128..<256].allSatisfy { $0.isNaN })
    #expect(result.values[..<128].allSatisfy { $0.isFinite })
    #expect(result.values[256...].allSatisfy { $0.isFinite })
  }

  @Test("Norms, biases and tokens stay exact, and have no part in any scale", arguments: kinds)
  func exactParts(kind: CodecKind) throws {
    let layout = ParameterLayout([
      ("token", [3], .token), ("a.weight", [10, 20], .matrix), ("a.bias", [10], .bias),
      ("norm", [5], .norm), ("b.weight", [7], .matrix),
    ])
    var values = gradientLike(layout.count)
    for index in Array(0..<3) + Array(203..<218) { values[index] = 1e6 + Float(index) / 3 }
    let chunk = trip.encode(values, kind, in: layout)
    // Two blocks of the first matrix and one of the second; 18 exact values.
    #expect(chunk.count == 24 + 3 * (2 + 128 / IntegerDefinition(kind).perByte) + 18 * 4)
    let result = try trip.decode(chunk, kind, count: layout.count, in: layout)
    #expect(result.isFinite)
    for index in values.indices {
      let isExact = index < 3 || (203..<218).contains(index)
      #expect(
        isExact
          ? result.values[index].bitPattern == values[index].bitPattern
          : abs(result.values[index] - values[index]) < 1e-3, "value \(index)")
    }
    var sum = values
    #expect(try trip.add(chunk, kind, to: &sum, in: layout))
    #expect(sum == zip(values, result.values).map { $0 + $1 })
    values[210] = -.infinity
    let spoilt = trip.encode(values, kind, in: layout)
    #expect(try !trip.decode(spoilt, kind, count: layout.count, in: layout).isFinite)
    #expect(try !trip.add(spoilt, kind, to: &sum, in: layout))
  }

  @Test("Bytes that no encoder gives decode to finite numbers or say that they do not")
  func foreign() throws {
    for kind in Self.kinds {
      let codec = kind.codec.init(capacity: 128)
      let parts = ChunkParts(.matrix(128), 0..<128)
      for scale in 0..<UInt32(1 << 16) {
        // The least integers that the bytes can say: −128 and −8.
        let least: UInt8 = kind == .int8 ? 0x80 : 0x88
        let body =
          [UInt8(truncatingIfNeeded: scale), UInt8(scale >> 8)]
          + [UInt8](repeating: least, count: kind == .int8 ? 128 : 64)
        var values = [Float](repeating: 0, count: 128)
        let isFinite = try values.withUnsafeMutableBufferPointer { target in
          try body.withUnsafeBytes {
            try codec.decode($0, flags: 0, parts, adding: false, measuredBy: 0, into: target)
              .isFinite
          }
        }
        #expect(!isFinite || values.allSatisfy(\.isFinite), "\(kind), scale \(scale)")
      }
    }
  }
}

@Suite("Parts of chunks") struct ChunkedLayoutTests {
  @Test("Chunks are cut at matrices, and what stays exact is one part")
  func parts() {
    let layout = ParameterLayout([
      ("token", [3], .token), ("a.weight", [2, 4], .matrix), ("b.weight", [5], .matrix),
      ("b.bias", [2], .bias), ("norm", [2], .norm),
    ])
    let chunks = ChunkedLayout(layout, valuesPerChunk: 9)
    #expect(chunks.grid.chunkCount == 3)
    let found = chunks.all.map { $0.parts.map { "\($0.range) \($0.isExact)" } }
    #expect(
      found == [
        ["0..<3 true", "3..<9 false"], ["0..<2 false", "2..<7 false", "7..<9 true"],
        ["0..<2 true"],
      ])
    #expect(chunks[ChunkIndex(index: 1)].count == 9)
  }
}
