// Chunks of floats as bytes that describe and check themselves, and back. Not here: which chunk of what the
// bytes are, which the message, journal or file around them says.

import Basics
import Tensors

/// Encodes and decodes chunks, with working memory of its own: one codec a thread.
///
/// The bytes depend on the values, the kind and the version of LZ4 only.
package final class TensorCodec {
  /// Values that a chunk may have.
  private let capacity: Int
  private let words: FloatBuffer
  private let planes: FloatBuffer
  private let output: UnsafeMutableRawBufferPointer

  /// - Parameter valuesPerChunk: the most that a chunk will have.
  package init(valuesPerChunk: Int = ChunkGrid.valuesPerChunk) {
    capacity = valuesPerChunk
    words = FloatBuffer(count: valuesPerChunk)
    planes = FloatBuffer(count: valuesPerChunk)
    output = .allocate(
      byteCount: Self.maximumEncodedBytes(.float32, count: valuesPerChunk), alignment: 64)
  }

  deinit { output.deallocate() }

  /// No chunk of `count` values takes more, whatever they are.
  package static func maximumEncodedBytes(_ kind: CodecKind, count: Int) -> Int {
    ChunkHeader.bytes(for: kind) + kind.planeCount * count
  }

  /// - Precondition: 1 to `valuesPerChunk` values.
  package func encode(_ values: UnsafeBufferPointer<Float>, as kind: CodecKind) -> [UInt8] {
    let bytes = encode(values, as: kind, into: output)
    return [UInt8](UnsafeRawBufferPointer(output)[..<bytes])
  }

  /// Encodes to the start of `target`.
  /// - Returns: the bytes written.
  /// - Precondition: 1 to `valuesPerChunk` values; `target` holds `maximumEncodedBytes` of them.
  package func encode(
    _ values: UnsafeBufferPointer<Float>, as kind: CodecKind,
    into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    let count = values.count
    precondition(count > 0 && count <= capacity)
    precondition(target.count >= Self.maximumEncodedBytes(kind, count: count))
    switch kind {
    case .float32: FloatWords.write32(values, to: wordStart())
    case .bfloat16: FloatWords.write16(values, to: wordStart())
    }
    let sorted = scratch(planes, bytes: kind.planeCount * count)
    BytePlanes.shuffle(
      UnsafeRawBufferPointer(scratch(words, bytes: kind.planeCount * count)),
      elementBytes: kind.planeCount, into: sorted)

    var end = ChunkHeader.bytes(for: kind)
    var sizes: [(bytes: Int, isCompressed: Bool)] = []
    for index in 0..<kind.planeCount {
      let plane = UnsafeRawBufferPointer(rebasing: sorted[index * count..<(index + 1) * count])
      let room = UnsafeMutableRawBufferPointer(rebasing: target[end..<end + count])
      let compressed = PlaneCompression.compress(plane, into: room)
      if compressed == nil { room.copyMemory(from: plane) }
      sizes.append((compressed ?? count, compressed != nil))
      end += compressed ?? count
    }
    let chunk = UnsafeMutableRawBufferPointer(rebasing: target[..<end])
    ChunkHeader(kind: kind, count: count, planes: sizes).write(to: chunk)
    return end
  }

  /// Writes the chunk's values over `target`, whose count they must have.
  /// - Returns: whether all values are finite.
  /// - Throws: `CodecError`, with `target` as it was.
  /// - Precondition: `target` has 1 to `valuesPerChunk` values.
  package func decode(
    _ chunk: UnsafeRawBufferPointer, as kind: CodecKind,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    let isFinite = try unpack(chunk, as: kind, count: target.count)
    put(kind, into: target, adding: false)
    return isFinite
  }

  /// Adds the chunk's values to those of `target`, unless one of them is not finite: an ordered sum is not to
  /// be spoilt by one worker.
  /// - Returns: whether all values are finite; if not, `target` is as it was.
  /// - Throws: `CodecError`, with `target` as it was.
  /// - Precondition: `target` has 1 to `valuesPerChunk` values.
  package func decodeAdding(
    _ chunk: UnsafeRawBufferPointer, as kind: CodecKind,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    let isFinite = try unpack(chunk, as: kind, count: target.count)
    if isFinite { put(kind, into: target, adding: true) }
    return isFinite
  }

  package func decode(
    _ chunk: [UInt8], as kind: CodecKind, into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    try chunk.withUnsafeBufferPointer { (bytes) throws(CodecError) in
      try decode(UnsafeRawBufferPointer(bytes), as: kind, into: target)
    }
  }

  package func decodeAdding(
    _ chunk: [UInt8], as kind: CodecKind, into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> Bool {
    try chunk.withUnsafeBufferPointer { (bytes) throws(CodecError) in
      try decodeAdding(UnsafeRawBufferPointer(bytes), as: kind, into: target)
    }
  }

  /// Checks a chunk and leaves its words in `words`. Returns whether all are finite.
  private func unpack(_ chunk: UnsafeRawBufferPointer, as kind: CodecKind, count: Int)
    throws(CodecError) -> Bool
  {
    precondition(count > 0 && count <= capacity)
    let header = try ChunkHeader(of: chunk, expecting: kind, count: count)
    let sorted = scratch(planes, bytes: kind.planeCount * count)
    var start = ChunkHeader.bytes(for: kind)
    for (index, size) in header.planes.enumerated() {
      let encoded = UnsafeRawBufferPointer(rebasing: chunk[start..<start + size.bytes])
      let plane = UnsafeMutableRawBufferPointer(
        rebasing: sorted[index * count..<(index + 1) * count])
      if size.isCompressed {
        do throws(LZ4Error) {
          try LZ4Block.decompress(encoded, into: plane)
        } catch {
          throw .damagedPlane(index: index, reason: error)
        }
      } else {
        plane.copyMemory(from: encoded)
      }
      start += size.bytes
    }
    BytePlanes.unshuffle(
      UnsafeRawBufferPointer(sorted), elementBytes: kind.planeCount,
      into: scratch(words, bytes: kind.planeCount * count))
    let exponents = sorted[(kind.planeCount - 1) * count..<kind.planeCount * count]
    return Self.isFinite(exponents: UnsafeRawBufferPointer(rebasing: exponents))
  }

  private func put(
    _ kind: CodecKind, into target: UnsafeMutableBufferPointer<Float>, adding: Bool
  ) {
    switch kind {
    case .float32: FloatWords.read32(wordStart(), into: target, adding: adding)
    case .bfloat16: FloatWords.read16(wordStart(), into: target, adding: adding)
    }
  }

  /// The highest plane is the exponents; only infinities and NaN have 0xFF there.
  private static func isFinite(exponents: UnsafeRawBufferPointer) -> Bool {
    var largest: UInt8 = 0
    for exponent in exponents { largest = max(largest, exponent) }
    return largest < 0xFF
  }

  private func scratch(_ buffer: FloatBuffer, bytes: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: buffer.pointer, count: bytes)
  }

  private func wordStart<Word: BitwiseCopyable>() -> UnsafeMutablePointer<Word> {
    UnsafeMutableRawPointer(words.pointer).assumingMemoryBound(to: Word.self)
  }
}
