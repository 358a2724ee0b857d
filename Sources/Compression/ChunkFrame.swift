// The head around every codec's bytes, which makes an encoded chunk the same thing in a message, a
// journal and a file.
//
//   byte  size
//      0     4  magic "TRCK"
//      4     4  version
//      8     8  XXH3-64 of all bytes from 16 on
//     16     1  codec, by its wire number
//     17     1  flags, which the codec reads
//     18     2  zero
//     20     4  values
//     24     …  body, which the codec reads
//
// All numbers are little-endian.

import Basics

/// Puts a codec's bytes into a chunk that describes and checks itself, and takes them out again.
package enum ChunkFrame {
  private static let magic: UInt32 = 0x4B43_5254  // "TRCK"
  private static let version: UInt32 = 1
  /// Where the bytes under the checksum begin.
  private static let checkedFrom = 16
  private static let headBytes = 24

  /// No chunk of these parts takes more, whatever its values are.
  package static func maximumBytes(_ codec: any ChunkCodec.Type, _ parts: ChunkParts) -> Int {
    headBytes + codec.maximumBytes(parts)
  }

  /// Encodes to the start of `target`.
  /// - Returns: the bytes written.
  /// - Precondition: `target` holds `maximumBytes`, and the codec takes so many values, which are
  ///   as many as the parts have.
  package static func encode(
    _ values: UnsafeBufferPointer<Float>, _ parts: ChunkParts, key: ChunkKey,
    with codec: any ChunkCodec, into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    let body = codec.encode(
      values, parts, key: key,
      into: UnsafeMutableRawBufferPointer(rebasing: target[headBytes...]))
    let end = headBytes + body.bytes
    store(magic, in: target, at: 0)
    store(version, in: target, at: 4)
    target[16] = type(of: codec).wireNumber
    target[17] = body.flags
    target[18] = 0
    target[19] = 0
    store(UInt32(values.count), in: target, at: 20)
    store(
      Checksum.of(UnsafeRawBufferPointer(rebasing: target[checkedFrom..<end])), in: target, at: 8)
    return end
  }

  /// Checks the chunk and writes its values over `target` or adds them to it.
  /// - Parameters:
  ///   - parts: as many values as `target` has.
  ///   - key: of the values' fingerprint; nil where they need not be measured.
  /// - Returns: whether all values are finite; if not, `target` is as it was when `adding`.
  /// - Throws: `CodecError`, with `target` as it was.
  package static func decode(
    _ chunk: UnsafeRawBufferPointer, _ parts: ChunkParts, with codec: any ChunkCodec,
    adding: Bool, measuredBy key: UInt64? = nil, into target: UnsafeMutableBufferPointer<Float>
  ) throws(CodecError) -> DecodedChunk {
    guard chunk.count >= headBytes else {
      throw .truncated(foundBytes: chunk.count, neededBytes: headBytes)
    }
    let foundMagic: UInt32 = load(from: chunk, at: 0)
    guard foundMagic == magic else { throw .notAChunk(foundMagic: foundMagic) }
    let foundVersion: UInt32 = load(from: chunk, at: 4)
    guard foundVersion == version else {
      throw .wrongVersion(found: foundVersion, expected: version)
    }
    let expected: UInt64 = load(from: chunk, at: 8)
    let found = Checksum.of(UnsafeRawBufferPointer(rebasing: chunk[checkedFrom...]))
    guard found == expected else {
      throw .damaged(expectedChecksum: expected, foundChecksum: found)
    }
    let wireNumber = type(of: codec).wireNumber
    guard chunk[16] == wireNumber else {
      throw .wrongCodec(found: chunk[16], expected: wireNumber)
    }
    let count = Int(load(from: chunk, at: 20) as UInt32)
    guard count == target.count else {
      throw .wrongCount(found: count, expected: target.count)
    }
    let body = UnsafeRawBufferPointer(rebasing: chunk[headBytes...])
    return try codec.decode(
      body, flags: chunk[17], parts, adding: adding, measuredBy: key, into: target)
  }

  private static func store<Word: FixedWidthInteger & BitwiseCopyable>(
    _ word: Word, in chunk: UnsafeMutableRawBufferPointer, at offset: Int
  ) {
    chunk.storeBytes(of: word.littleEndian, toByteOffset: offset, as: Word.self)
  }

  private static func load<Word: FixedWidthInteger & BitwiseCopyable>(
    from chunk: UnsafeRawBufferPointer, at offset: Int
  ) -> Word {
    Word(littleEndian: chunk.loadUnaligned(fromByteOffset: offset, as: Word.self))
  }
}
