// The codec of integers of few bits: blocks of values with one scale each, and the exact values
// beside them.
//
//   size
//     2b  the scale of each of the b blocks, bfloat16
//     nb  their integers, n bytes a block
//     4e  the e exact values, float32
//
// A block is of one tensor: each part of a chunk that need not be exact is cut from its start, and
// its last block is filled up with zeros. All numbers are little-endian. Nothing is compressed
// further: on gradients of `tiny` LZ4 takes less than 1 % off these bytes.

import Basics
import Tensors

/// Gradients are rounded at random, so that the mean is the value; parameters to the nearest
/// integer, since what is lost comes again with the next change.
///
/// Where M is the largest magnitude of a block and q the largest integer (127 or 7), its scale is
/// s ≤ max(M / q · (1 + 2⁻⁷), 2⁻¹²⁶). What a value decodes to is less than s · (1 + 2⁻¹⁵) away
/// from it when rounded at random, with a mean less than s · 2⁻¹⁵ away; at most s · (1/2 + 2⁻¹⁵)
/// when rounded to nearest. Of magnitudes whose s would make q · s infinite, s is the largest that
/// does not, and the mean less than s / 64 away.
final class IntegerBlocks<Format: IntegerFormat>: ChunkCodec {
  static var wireNumber: UInt8 { Format.wireNumber }
  /// The bytes of a chunk follow from its parts alone.
  static func maximumBytes(_ parts: ChunkParts) -> Int { Extents(parts).bytes }

  /// Where what lies in a body.
  private struct Extents {
    private(set) var blocks = 0
    private(set) var exactValues = 0

    init(_ parts: ChunkParts) {
      for part in parts.parts {
        if part.isExact {
          exactValues += part.range.count
        } else {
          blocks += (part.range.count - 1) / BlockRounding.valuesPerBlock + 1
        }
      }
    }

    func scaleStart(_ block: Int) -> Int { 2 * block }
    func integerStart(_ block: Int) -> Int { 2 * blocks + Format.bytesPerBlock * block }
    func exactStart(_ value: Int) -> Int { integerStart(blocks) + 4 * value }
    var bytes: Int { exactStart(exactValues) }
  }

  /// Of one block each.
  private let values = FloatBuffer(count: BlockRounding.valuesPerBlock)
  private let offsets = FloatBuffer(count: BlockRounding.valuesPerBlock)
  private let integers = UnsafeMutablePointer<UInt8>.allocate(
    capacity: BlockRounding.valuesPerBlock)

  init(capacity: Int) {}

  deinit { integers.deallocate() }

  func encode(
    _ values: UnsafeBufferPointer<Float>, _ parts: ChunkParts, key: ChunkKey,
    into body: UnsafeMutableRawBufferPointer
  ) -> EncodedBody {
    let extents = Extents(parts)
    precondition(values.count == parts.count && body.count >= extents.bytes)
    let isRandom = key.content != .parameters
    let random = key.random
    offsets.fill(0)
    forEachPiece(of: parts) { range, piece in
      let source = UnsafeBufferPointer(rebasing: values[range])
      switch piece {
      case .exact(let first):
        UnsafeMutableRawBufferPointer(rebasing: body[extents.exactStart(first)...])
          .copyMemory(from: UnsafeRawBufferPointer(source))
      case .block(let ordinal):
        if isRandom {
          BlockRounding.drawOffsets(random, ordinal: ordinal, into: offsets.pointer)
        }
        let scale = encodeBlock(source, into: body.baseAddress! + extents.integerStart(ordinal))
        body.storeBytes(
          of: scale.littleEndian, toByteOffset: extents.scaleStart(ordinal), as: UInt16.self)
      }
    }
    return EncodedBody(bytes: extents.bytes)
  }

  func decode(
    _ body: UnsafeRawBufferPointer, flags: UInt8, _ parts: ChunkParts, adding: Bool,
    measuredBy key: UInt64?, into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> DecodedChunk {
    let extents = Extents(parts)
    precondition(target.count == parts.count)
    guard body.count == extents.bytes else {
      throw .wrongSize(foundBytes: body.count, expectedBytes: extents.bytes)
    }
    let isFinite = isFinite(body, extents)
    guard isFinite || !adding else { return DecodedChunk(isFinite: false, measure: nil) }
    var squaredNorm = 0.0
    forEachPiece(of: parts) { range, piece in
      let target = UnsafeMutableBufferPointer(rebasing: target[range])
      switch piece {
      case .exact(let first):
        for index in target.indices {
          let value = exactValue(body, extents, first + index)
          target[index] = adding ? target[index] + value : value
          squaredNorm += Double(value) * Double(value)
        }
      case .block(let ordinal):
        let scale = BlockRounding.value(ofScale: scale(body, extents, ordinal))
        decodeBlock(
          body.baseAddress! + extents.integerStart(ordinal), scale: scale, adding: adding,
          into: target)
        if key != nil { squaredNorm += squaredNormOfBlock(scale: scale, count: target.count) }
      }
    }
    let measure = key.map {
      ChunkMeasure(squaredNorm: squaredNorm, fingerprint: Checksum.of(body, key: $0))
    }
    return DecodedChunk(isFinite: isFinite, measure: isFinite ? measure : nil)
  }

  // MARK: Pieces

  /// What a body has one of.
  private enum Piece {
    /// Exact values, from this one on.
    case exact(first: Int)
    /// A block, by its number.
    case block(ordinal: Int)
  }

  /// Calls `body` with the places in the chunk of each piece, in order.
  private func forEachPiece(of parts: ChunkParts, _ body: (Range<Int>, Piece) -> Void) {
    var (exact, block) = (0, 0)
    for part in parts.parts {
      if part.isExact {
        body(part.range, .exact(first: exact))
        exact += part.range.count
        continue
      }
      var start = part.range.lowerBound
      while start < part.range.upperBound {
        let end = min(start + BlockRounding.valuesPerBlock, part.range.upperBound)
        body(start..<end, .block(ordinal: block))
        block += 1
        start = end
      }
    }
  }

  /// - Returns: the block's scale.
  private func encodeBlock(
    _ source: UnsafeBufferPointer<Float>, into bytes: UnsafeMutableRawPointer
  ) -> UInt16 {
    var start = source.baseAddress!
    if source.count < BlockRounding.valuesPerBlock {
      values.fill(0)
      values.pointer.update(from: start, count: source.count)
      start = UnsafePointer(values.pointer)
    }
    let scale = BlockRounding.scale(start, limit: Format.limit)
    let target = bytes.assumingMemoryBound(to: UInt8.self)
    if scale == BlockRounding.scaleOfZeros || scale == BlockRounding.scaleOfNonFinite {
      target.update(repeating: 0, count: Format.bytesPerBlock)
      return scale
    }
    BlockRounding.round(
      start, scale: BlockRounding.value(ofScale: scale), offsets: offsets.pointer,
      limit: Format.limit, into: integers)
    Format.pack(integers, into: target)
    return scale
  }

  private func decodeBlock(
    _ bytes: UnsafeRawPointer, scale: Float, adding: Bool,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    Format.unpack(bytes.assumingMemoryBound(to: UInt8.self), into: signed)
    if target.count == BlockRounding.valuesPerBlock {
      BlockRounding.read(
        signed, scale: scale, limit: Format.limit, adding: adding, into: target.baseAddress!)
      return
    }
    let count = target.count
    values.pointer.update(from: target.baseAddress!, count: count)
    BlockRounding.read(
      signed, scale: scale, limit: Format.limit, adding: adding, into: values.pointer)
    target.baseAddress!.update(from: values.pointer, count: count)
  }

  /// That of the first `count` values of the block whose integers were unpacked last. It is exact:
  /// a scale has 8 bits and the sum of the integers' squares 21.
  private func squaredNormOfBlock(scale: Float, count: Int) -> Double {
    (signed + count).update(repeating: 0, count: BlockRounding.valuesPerBlock - count)
    let squares = BlockRounding.sumOfSquares(signed, limit: Format.limit)
    return Double(scale) * Double(scale) * Double(squares)
  }

  private var signed: UnsafeMutablePointer<Int8> {
    UnsafeMutableRawPointer(integers).assumingMemoryBound(to: Int8.self)
  }

  // MARK: What lies in a body

  private func scale(_ body: UnsafeRawBufferPointer, _ extents: Extents, _ block: Int) -> UInt16 {
    let offset = extents.scaleStart(block)
    return UInt16(littleEndian: body.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  private func exactValue(
    _ body: UnsafeRawBufferPointer, _ extents: Extents, _ index: Int
  ) -> Float {
    let offset = extents.exactStart(index)
    return Float(
      bitPattern: UInt32(littleEndian: body.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  /// A scale beyond the largest, which no encoder gives, counts as not finite: a multiple of it may
  /// be infinite.
  private func isFinite(_ body: UnsafeRawBufferPointer, _ extents: Extents) -> Bool {
    var largestScale: UInt16 = 0
    for block in 0..<extents.blocks {
      largestScale = max(largestScale, scale(body, extents, block) & 0x7FFF)
    }
    var isFinite = largestScale <= BlockRounding.largestScale(limit: Format.limit)
    for index in 0..<extents.exactValues where !exactValue(body, extents, index).isFinite {
      isFinite = false
    }
    return isFinite
  }
}
