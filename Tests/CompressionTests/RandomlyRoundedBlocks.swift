// A codec that only the tests have: it needs what the registered ones do not, a key and a variable
// length.

import Basics
import Compression

/// Blocks of 32 values: a scale, then a signed byte per value, rounded up or down at random so that
/// the mean is the value. A block whose scale is zero or not finite has no bytes.
final class RandomlyRoundedBlocks: ChunkCodec {
  static let wireNumber: UInt8 = 200
  static let summary = "rounds at random"
  static let valuesPerBlock = 32
  static let limit: Float = 127

  static func maximumBytes(count: Int) -> Int {
    count + 4 * ((count + valuesPerBlock - 1) / valuesPerBlock)
  }

  init(capacity: Int) {}

  func encode(
    _ values: UnsafeBufferPointer<Float>, key: ChunkKey, into body: UnsafeMutableRawBufferPointer
  ) -> EncodedBody {
    var random = key.random
    var end = 0
    for start in stride(from: 0, to: values.count, by: Self.valuesPerBlock) {
      let block = values[start..<min(start + Self.valuesPerBlock, values.count)]
      let scale = Self.scale(block)
      body.storeBytes(of: scale.bitPattern.littleEndian, toByteOffset: end, as: UInt32.self)
      end += 4
      guard Self.hasBytes(scale) else { continue }
      for value in block {
        let rounded = (value / scale + random.uniformFloat()).rounded(.down)
        body[end] = UInt8(bitPattern: Int8(max(-Self.limit, min(Self.limit, rounded))))
        end += 1
      }
    }
    return EncodedBody(bytes: end)
  }

  /// Minus zero for zeros, NaN when a value is not finite.
  private static func scale(_ block: Slice<UnsafeBufferPointer<Float>>) -> Float {
    guard block.allSatisfy(\.isFinite) else { return .nan }
    let scale = block.reduce(0) { max($0, $1.magnitude) } / limit
    return scale == 0 ? -0.0 : scale
  }

  private static func hasBytes(_ scale: Float) -> Bool { scale.isFinite && scale != 0 }

  func decode(
    _ body: UnsafeRawBufferPointer, flags: UInt8, adding: Bool,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    var values: [Float] = []
    var place = 0
    while values.count < target.count {
      let count = min(Self.valuesPerBlock, target.count - values.count)
      guard place + 4 <= body.count else { throw Self.wrongSize(body, place + 4) }
      let bits = body.loadUnaligned(fromByteOffset: place, as: UInt32.self)
      let scale = Float(bitPattern: UInt32(littleEndian: bits))
      place += 4
      guard Self.hasBytes(scale) else {
        values += [Float](repeating: scale, count: count)
        continue
      }
      guard place + count <= body.count else { throw Self.wrongSize(body, place + count) }
      values += body[place..<place + count].map { Float(Int8(bitPattern: $0)) * scale }
      place += count
    }
    guard place == body.count else { throw Self.wrongSize(body, place) }
    let isFinite = values.allSatisfy(\.isFinite)
    guard isFinite || !adding else { return false }
    for index in target.indices {
      target[index] = adding ? target[index] + values[index] : values[index]
    }
    return isFinite
  }

  private static func wrongSize(_ body: UnsafeRawBufferPointer, _ expected: Int) -> CodecError {
    .wrongSize(foundBytes: body.count, expectedBytes: expected)
  }
}
