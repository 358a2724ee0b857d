// Why an encoded chunk was refused.

/// What is wrong with the bytes of an encoded chunk. The receiver is unharmed; nothing was written
/// or added.
package enum CodecError: Error, Equatable, CustomStringConvertible {
  /// Shorter than any chunk's header.
  case truncated(foundBytes: Int, neededBytes: Int)
  case notAChunk(foundMagic: UInt32)
  case wrongVersion(found: UInt32, expected: UInt32)
  /// Changed or cut since it was encoded.
  case damaged(expectedChecksum: UInt64, foundChecksum: UInt64)
  /// Wire numbers of codecs.
  case wrongCodec(found: UInt8, expected: UInt8)
  case wrongCount(found: Int, expected: Int)
  /// A size that no encoder gives, or a sum of sizes that is not the chunk's.
  case wrongSize(foundBytes: Int, expectedBytes: Int)
  case damagedPlane(index: Int, reason: LZ4Error)

  package var description: String {
    switch self {
    case .truncated(let found, let needed):
      "an encoded chunk of \(found) bytes is cut off; its header alone needs \(needed)"
    case .notAChunk(let magic):
      "these bytes are not an encoded chunk: they begin with 0x\(String(magic, radix: 16))"
    case .wrongVersion(let found, let expected):
      "an encoded chunk of format \(found) where this program reads format \(expected); "
        + "use the same version of Terrane everywhere"
    case .damaged(let expected, let found):
      "an encoded chunk is damaged: checksum 0x\(String(found, radix: 16)) instead of "
        + "0x\(String(expected, radix: 16))"
    case .wrongCodec(let found, let expected):
      "an encoded chunk of codec \(name(found)) where \(name(expected)) was expected; "
        + "all processes of a run need the same configuration"
    case .wrongCount(let found, let expected):
      "an encoded chunk of \(found) values where \(expected) were expected; "
        + "all processes of a run need the same configuration"
    case .wrongSize(let found, let expected):
      "an encoded chunk's sizes disagree: \(found) bytes where \(expected) were expected"
    case .damagedPlane(let index, let reason):
      "byte plane \(index) of an encoded chunk: \(reason)"
    }
  }

  private func name(_ wireNumber: UInt8) -> String {
    CodecKind.allCases.first { $0.codec.wireNumber == wireNumber }?.rawValue
      ?? "number \(wireNumber)"
  }
}
