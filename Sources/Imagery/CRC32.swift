// The checksum of shards: CRC-32, so that the standard library of any language can verify it.

import CDeflate

package enum CRC32 {
  /// The CRC-32 (IEEE 802.3, as in gzip and PNG) of `bytes`, continued from that of the bytes
  /// before them.
  package static func of(_ bytes: UnsafeRawBufferPointer, continuing checksum: UInt32 = 0) -> UInt32
  {
    guard let start = bytes.baseAddress else { return checksum }
    return libdeflate_crc32(checksum, start, bytes.count)
  }
}
