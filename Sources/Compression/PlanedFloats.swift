// The codec of fixed-size number formats: words, sorted into byte planes, each compressed where
// that pays.
//
//   byte  size
//      0    4p  bytes of each of the p planes as encoded
//      …        the planes, least significant first, back to back
//
// Bit p of the flags: plane p is an LZ4 block; else it is stored as it is. All numbers are
// little-endian.

import Basics
import Kernels
import Tensors

/// Bytes depend on the values, the format and the version of LZ4 only: no choice is left to a key.
final class PlanedFloats<Format: PlanedFormat>: ChunkCodec {
  static var wireNumber: UInt8 { Format.wireNumber }
  static func maximumBytes(_ parts: ChunkParts) -> Int { tableBytes + planeCount * parts.count }

  private static var planeCount: Int { MemoryLayout<Format.Word>.size }
  private static var tableBytes: Int { 4 * planeCount }

  private let words: FloatBuffer
  private let planes: FloatBuffer

  init(capacity: Int) {
    precondition(Self.planeCount <= MemoryLayout<Float>.stride)
    words = FloatBuffer(count: capacity)
    planes = FloatBuffer(count: capacity)
  }

  func encode(
    _ values: UnsafeBufferPointer<Float>, _ parts: ChunkParts, key: ChunkKey,
    into body: UnsafeMutableRawBufferPointer
  ) -> EncodedBody {
    let count = values.count
    precondition(count > 0 && count <= words.count && count == parts.count)
    precondition(body.count >= Self.maximumBytes(parts))
    Format.write(values, to: wordStart)
    let sorted = scratch(planes, count)
    BytePlanes.shuffle(
      UnsafeRawBufferPointer(scratch(words, count)), elementBytes: Self.planeCount, into: sorted)

    var written = EncodedBody(bytes: Self.tableBytes)
    for index in 0..<Self.planeCount {
      let plane = UnsafeRawBufferPointer(rebasing: sorted[index * count..<(index + 1) * count])
      let room = UnsafeMutableRawBufferPointer(
        rebasing: body[written.bytes..<written.bytes + count])
      let compressed = PlaneCompression.compress(plane, into: room)
      if compressed == nil { room.copyMemory(from: plane) } else { written.flags |= 1 << index }
      let bytes = compressed ?? count
      body.storeBytes(of: UInt32(bytes).littleEndian, toByteOffset: 4 * index, as: UInt32.self)
      written.bytes += bytes
    }
    return written
  }

  func decode(
    _ body: UnsafeRawBufferPointer, flags: UInt8, _ parts: ChunkParts, adding: Bool,
    measuredBy key: UInt64?, into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> DecodedChunk {
    let isFinite = try unpack(body, flags, target.count)
    if isFinite || !adding { Format.read(wordStart, into: target, adding: adding) }
    guard let key, isFinite else { return DecodedChunk(isFinite: isFinite, measure: nil) }
    return DecodedChunk(isFinite: true, measure: measure(target.count, key))
  }

  /// Of the words that were unpacked last; the planes, which are needed no more, are overwritten.
  private func measure(_ count: Int, _ key: UInt64) -> ChunkMeasure {
    Format.read(wordStart, into: planes[0..<count], adding: false)
    return ChunkMeasure(
      squaredNorm: VectorStatistics.sumOfSquares(planes.pointer, count: count),
      fingerprint: Checksum.of(UnsafeRawBufferPointer(scratch(words, count)), key: key))
  }

  /// Leaves the words of `body` in `words`. Returns whether all are finite.
  private func unpack(_ body: UnsafeRawBufferPointer, _ flags: UInt8, _ count: Int)
    throws(CodecError) -> Bool
  {
    precondition(count > 0 && count <= words.count)
    try checkSizes(body, flags, count)
    let sorted = scratch(planes, count)
    var start = Self.tableBytes
    for index in 0..<Self.planeCount {
      let end = start + planeBytes(body, index)
      let encoded = UnsafeRawBufferPointer(rebasing: body[start..<end])
      let plane = UnsafeMutableRawBufferPointer(
        rebasing: sorted[index * count..<(index + 1) * count])
      if isCompressed(flags, index) {
        do throws(LZ4Error) {
          try LZ4Block.decompress(encoded, into: plane)
        } catch {
          throw .damagedPlane(index: index, reason: error)
        }
      } else {
        plane.copyMemory(from: encoded)
      }
      start = end
    }
    BytePlanes.unshuffle(
      UnsafeRawBufferPointer(sorted), elementBytes: Self.planeCount, into: scratch(words, count))
    var largest: UInt8 = 0
    for byte in sorted[((Self.planeCount - 1) * count)...] { largest = max(largest, byte) }
    return largest < Format.firstNonFiniteByte
  }

  /// A stored plane has a byte for each value, an LZ4 block less; together they are the body.
  private func checkSizes(_ body: UnsafeRawBufferPointer, _ flags: UInt8, _ count: Int)
    throws(CodecError)
  {
    guard body.count >= Self.tableBytes else {
      throw .wrongSize(foundBytes: body.count, expectedBytes: Self.tableBytes)
    }
    var end = Self.tableBytes
    for index in 0..<Self.planeCount {
      let bytes = planeBytes(body, index)
      guard isCompressed(flags, index) ? bytes < count : bytes == count else {
        throw .wrongSize(foundBytes: bytes, expectedBytes: count)
      }
      end += bytes
    }
    guard body.count == end else { throw .wrongSize(foundBytes: body.count, expectedBytes: end) }
  }

  private func planeBytes(_ body: UnsafeRawBufferPointer, _ index: Int) -> Int {
    let word = body.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
    return Int(UInt32(littleEndian: word))
  }

  private func isCompressed(_ flags: UInt8, _ plane: Int) -> Bool { flags >> plane & 1 == 1 }

  private func scratch(_ buffer: FloatBuffer, _ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: buffer.pointer, count: Self.planeCount * count)
  }

  private var wordStart: UnsafeMutablePointer<Format.Word> {
    UnsafeMutableRawPointer(words.pointer).assumingMemoryBound(to: Format.Word.self)
  }
}
