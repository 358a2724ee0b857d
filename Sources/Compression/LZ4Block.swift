// The LZ4 block format, by the reference library. Not the frame format: sizes and checksums are the
// business of whoever stores or sends the block.

import CLZ4

/// Why a block could not be decompressed.
package enum LZ4Error: Error, Equatable, CustomStringConvertible {
  /// The bytes are not an LZ4 block, or hold more than `expectedBytes`.
  case malformed(compressedBytes: Int, expectedBytes: Int)
  /// The block ended early.
  case wrongSize(compressedBytes: Int, expectedBytes: Int, foundBytes: Int)

  package var description: String {
    switch self {
    case .malformed(let compressed, let expected):
      "a compressed block of \(compressed) bytes is damaged: it does not decompress to "
        + "\(expected) bytes"
    case .wrongSize(let compressed, let expected, let found):
      "a compressed block of \(compressed) bytes holds \(found) bytes where \(expected) were "
        + "announced"
    }
  }
}

/// Compression of one run of bytes into one block and back. The bytes of a block depend on the
/// input and the version of the library only.
package enum LZ4Block {
  /// The longest input of one block.
  package static let largestInputBytes = Int(LZ4_MAX_INPUT_SIZE)

  /// A destination of this size holds any block made from `count` bytes.
  /// - Precondition: `count` is in 0...`largestInputBytes`.
  package static func boundBytes(of count: Int) -> Int {
    precondition(count >= 0 && count <= largestInputBytes)
    return Int(LZ4_compressBound(Int32(count)))
  }

  /// Compresses `source` to the start of `destination`, which must not overlap it.
  /// - Returns: the block's size, or nil when it does not fit: with a destination shorter than the
  ///   source, nil says that compression does not pay.
  /// - Precondition: `source` has at most `largestInputBytes` bytes.
  package static func compress(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) -> Int? {
    precondition(source.count <= largestInputBytes)
    guard !destination.isEmpty else { return nil }
    let written = withBytes(of: source) { start in
      LZ4_compress_default(
        start, destination.baseAddress!.assumingMemoryBound(to: CChar.self), Int32(source.count),
        Int32(min(destination.count, boundBytes(of: source.count))))
    }
    return written > 0 ? Int(written) : nil
  }

  /// Decompresses a block that holds exactly `destination.count` bytes. Whatever the block's bytes
  /// are, nothing outside `destination` is written.
  package static func decompress(
    _ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) throws(LZ4Error) {
    let malformed = LZ4Error.malformed(
      compressedBytes: source.count, expectedBytes: destination.count)
    guard !source.isEmpty, source.count <= Int(Int32.max), destination.count <= largestInputBytes
    else { throw malformed }
    var empty: CChar = 0
    let written = withUnsafeMutablePointer(to: &empty) { empty in
      withBytes(of: source) { start in
        LZ4_decompress_safe(
          start, destination.baseAddress?.assumingMemoryBound(to: CChar.self) ?? empty,
          Int32(source.count), Int32(destination.count))
      }
    }
    if written < 0 { throw malformed }
    if Int(written) != destination.count {
      throw .wrongSize(
        compressedBytes: source.count, expectedBytes: destination.count, foundBytes: Int(written))
    }
  }

  /// LZ4 wants an address even for no bytes.
  private static func withBytes(
    of source: UnsafeRawBufferPointer, _ body: (UnsafePointer<CChar>) -> Int32
  ) -> Int32 {
    if let start = source.baseAddress { return body(start.assumingMemoryBound(to: CChar.self)) }
    var empty: CChar = 0
    return body(&empty)
  }
}
