// The checksum of shards: zlib's CRC-32, so that the standard library of any language can verify
// it.

import CProcessor
import CZlib

package enum CRC32 {
  /// The CRC-32 (IEEE 802.3, as in gzip and PNG) of `bytes`, continued from that of the bytes
  /// before them.
  package static func of(_ bytes: UnsafeRawBufferPointer, continuing checksum: UInt32 = 0) -> UInt32
  {
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
      return checksum
    }
    // Three times as fast as zlib, which does the rest.
    let folded = isFolded && bytes.count >= smallestFolded ? bytes.count & ~15 : 0
    let checksum = folded > 0 ? ~crc32_folded(~checksum, start, folded) : checksum
    return UInt32(
      truncatingIfNeeded: crc32_z(UInt(checksum), start + folded, bytes.count - folded))
  }

  private static let isFolded = processor_multiplies_polynomials()
  private static let smallestFolded = 64
}
