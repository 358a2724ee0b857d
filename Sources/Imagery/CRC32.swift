// The checksum of shards: zlib's CRC-32, so that the standard library of any language can verify
// it.

import CZlib

package enum CRC32 {
  /// The CRC-32 (IEEE 802.3, as in gzip and PNG) of `bytes`, continued from that of the bytes
  /// before them.
  package static func of(_ bytes: UnsafeRawBufferPointer, continuing checksum: UInt32 = 0) -> UInt32
  {
    guard let start = bytes.baseAddress else { return checksum }
    return UInt32(
      truncatingIfNeeded: crc32_z(
        UInt(checksum), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}
