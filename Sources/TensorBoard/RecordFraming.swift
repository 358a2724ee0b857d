// How one event lies in an event file: TensorFlow's record format (TFRecord), length and data each
// with a masked CRC-32C (github.com/tensorflow/tensorflow, core/lib/io/record_writer.h).

import Basics

enum RecordFraming {
  /// An event as it lies in a file.
  static func framed(_ data: [UInt8]) -> [UInt8] {
    var length = LittleEndianWriter()
    length.write(UInt64(data.count))
    var (head, foot) = (length, LittleEndianWriter())
    head.write(masked(length.bytes))
    foot.write(masked(data))
    return head.bytes + data + foot.bytes
  }

  /// CRC-32C (Castagnoli), as RFC 3720, appendix B.4, has it.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = .max
    for byte in bytes { sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8) }
    return ~sum
  }

  /// Checksums of what holds checksums are masked, by this rule.
  private static func masked(_ bytes: [UInt8]) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
  }
}
