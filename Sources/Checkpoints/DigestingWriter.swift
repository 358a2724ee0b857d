// A file that is digested while it is written, so that its bytes pass through the cache once.

import Basics

/// An open file and the digest of what was written to it.
struct DigestingWriter: ~Copyable {
  private let file: any FileSink
  private var digest = StreamingDigest()

  /// Digested, then written, piece by piece: a piece stays in the L2 cache between the two.
  private static let pieceBytes = 256 << 10

  init(_ file: any FileSink) { self.file = file }

  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var start = 0
    while start < bytes.count {
      let end = min(start + Self.pieceBytes, bytes.count)
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      digest.update(piece)
      try file.write(piece)
      start = end
    }
  }

  mutating func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (values) throws(FileError) in
      try write(UnsafeRawBufferPointer(values))
    }
  }

  /// Returns what was written once it is on the disk.
  func finish() throws(FileError) -> (byteCount: Int, digest: Digest) {
    try file.synchronize()
    return (file.byteCount, digest.digest)
  }
}
