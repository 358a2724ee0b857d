// The head of an encoded chunk, which makes its bytes the same thing in a message, a journal and a file.
//
//   byte  size
//      0     4  magic "TRCK"
//      4     4  version
//      8     8  XXH3-64 of all bytes from 16 on
//     16     1  codec: 1 float32, 2 bfloat16
//     17     1  bit p: plane p is an LZ4 block; else it is stored as it is
//     18     2  zero
//     20     4  values
//     24    4p  bytes of each of the p planes as encoded
//      …        the planes, least significant first, back to back
//
// All numbers are little-endian.

import Basics

struct ChunkHeader {
  static let magic: UInt32 = 0x4B43_5254  // "TRCK"
  static let version: UInt32 = 1
  /// Where the bytes under the checksum begin.
  static let checkedFrom = 16
  static let fixedBytes = 24

  var kind: CodecKind
  var count: Int
  /// Encoded bytes and whether they are an LZ4 block, least significant plane first.
  var planes: [(bytes: Int, isCompressed: Bool)]

  static func bytes(for kind: CodecKind) -> Int { fixedBytes + 4 * kind.planeCount }

  /// Writes the head before planes that are in place, checksum included.
  func write(to chunk: UnsafeMutableRawBufferPointer) {
    var mask: UInt8 = 0
    for (index, plane) in planes.enumerated() {
      if plane.isCompressed { mask |= 1 << UInt8(index) }
      Self.store(UInt32(plane.bytes), in: chunk, at: Self.fixedBytes + 4 * index)
    }
    Self.store(Self.magic, in: chunk, at: 0)
    Self.store(Self.version, in: chunk, at: 4)
    chunk[16] = kind.wireNumber
    chunk[17] = mask
    chunk[18] = 0
    chunk[19] = 0
    Self.store(UInt32(count), in: chunk, at: 20)
    let checked = UnsafeRawBufferPointer(rebasing: chunk[Self.checkedFrom...])
    Self.store(Checksum.of(checked), in: chunk, at: 8)
  }

  private static func store<Word: FixedWidthInteger & BitwiseCopyable>(
    _ word: Word, in chunk: UnsafeMutableRawBufferPointer, at offset: Int
  ) {
    chunk.storeBytes(of: word.littleEndian, toByteOffset: offset, as: Word.self)
  }

  fileprivate static func load<Word: FixedWidthInteger & BitwiseCopyable>(
    from chunk: UnsafeRawBufferPointer, at offset: Int
  ) -> Word {
    Word(littleEndian: chunk.loadUnaligned(fromByteOffset: offset, as: Word.self))
  }
}

extension ChunkHeader {
  /// Reads and checks the head, and by its checksum everything else.
  init(
    of chunk: UnsafeRawBufferPointer, expecting kind: CodecKind, count: Int
  ) throws(CodecError) {
    let headBytes = Self.bytes(for: kind)
    guard chunk.count >= headBytes else {
      throw .truncated(foundBytes: chunk.count, neededBytes: headBytes)
    }
    let magic: UInt32 = Self.load(from: chunk, at: 0)
    guard magic == Self.magic else { throw .notAChunk(foundMagic: magic) }
    let version: UInt32 = Self.load(from: chunk, at: 4)
    guard version == Self.version else {
      throw .wrongVersion(found: version, expected: Self.version)
    }
    let expected: UInt64 = Self.load(from: chunk, at: 8)
    let found = Checksum.of(UnsafeRawBufferPointer(rebasing: chunk[Self.checkedFrom...]))
    guard found == expected else {
      throw .damaged(expectedChecksum: expected, foundChecksum: found)
    }
    guard chunk[16] == kind.wireNumber else { throw .wrongCodec(found: chunk[16], expected: kind) }
    let foundCount = Int(Self.load(from: chunk, at: 20) as UInt32)
    guard foundCount == count else { throw .wrongCount(found: foundCount, expected: count) }
    self.kind = kind
    self.count = count
    planes = []
    var end = headBytes
    for index in 0..<kind.planeCount {
      let bytes = Int(Self.load(from: chunk, at: Self.fixedBytes + 4 * index) as UInt32)
      let isCompressed = chunk[17] >> UInt8(index) & 1 == 1
      guard isCompressed ? bytes < count : bytes == count else {
        throw .wrongSize(foundBytes: bytes, expectedBytes: count)
      }
      planes.append((bytes, isCompressed))
      end += bytes
    }
    guard chunk.count == end else { throw .wrongSize(foundBytes: chunk.count, expectedBytes: end) }
  }
}

extension CodecKind {
  /// Bytes of a value, each in a plane of its own.
  var planeCount: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    }
  }

  /// Part of the format: never renumber.
  var wireNumber: UInt8 {
    switch self {
    case .float32: 1
    case .bfloat16: 2
    }
  }
}
