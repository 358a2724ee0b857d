// Digests say that two things are the same; checksums, that a thing is as it was written. Both are
// XXH3: they guard against accidents, not against forgers, at the speed of memory.

import CXXHash

/// 128 bits of XXH3 (`xxh128sum` prints the same).
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The upper 64 bits.
  public let high: UInt64
  /// The lower 64 bits.
  public let low: UInt64

  /// From its halves.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The digest of bytes.
  public init(of bytes: UnsafeRawBufferPointer) {
    let value = XXH3_128bits(bytes.baseAddress, bytes.count)
    self.init(high: value.high64, low: value.low64)
  }

  /// The digest of a text's UTF-8.
  public init(of text: String) {
    var text = text
    self = text.withUTF8 { Digest(of: UnsafeRawBufferPointer($0)) }
  }

  /// The digest of a list of digests, in order: `Digest(of:)` over their 16 bytes each, high half
  /// first, little-endian.
  public init(of parts: [Digest]) {
    let words = parts.flatMap { [$0.high.littleEndian, $0.low.littleEndian] }
    self = words.withUnsafeBytes { Digest(of: $0) }
  }

  /// 32 hexadecimal digits.
  public var description: String { high.hexadecimal + low.hexadecimal }

  /// From 32 hexadecimal digits; nil for anything else.
  public init?(_ text: String) {
    guard text.utf8.count == 32, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
      let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = Digest(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is not a digest of 32 hexadecimal digits")
    }
    self = digest
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension UInt64 {
  /// 16 hexadecimal digits.
  package var hexadecimal: String {
    zeroPadded(to: 16, radix: 16)
  }
}

/// 64 bits of XXH3.
public enum Checksum {
  /// The checksum of bytes.
  public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    XXH3_64bits(bytes.baseAddress, bytes.count)
  }

  /// The checksum of bytes under a key. While the key and the result stay in one process, nobody
  /// else can look for other bytes that have the same: nothing says which they are.
  package static func of(_ bytes: UnsafeRawBufferPointer, key: UInt64) -> UInt64 {
    XXH3_64bits_withSeed(bytes.baseAddress, bytes.count, key)
  }
}
