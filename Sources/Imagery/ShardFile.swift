// Reads a shard: the directory when it is opened, a chip when it is asked for.

import Compression
import Foundations

/// A shard on this machine's disk, mapped. Reading is safe from any number of threads, each with its own
/// `ChipBuffer`.
public final class ShardFile: Sendable {
  public let path: String
  public let directory: ShardDirectory
  public let byteCount: Int
  private let file: MappedFile
  private let payloads: [StoredPayload]

  /// Maps the file and checks everything but the pixels: sizes, offsets and the directory's checksum.
  /// - Throws: `ShardError`, `FileError`.
  public init(_ path: String) throws {
    self.path = path
    file = try MappedFile(path)
    byteCount = file.bytes.count
    (directory, payloads) = try withExtendedLifetime(file) {
      try ShardDirectory.decoded(from: $0.bytes, path: path)
    }
  }

  public var layout: ChipLayout { directory.layout }
  public var chips: [ChipRecord] { directory.chips }

  /// Bytes of a chip as stored, pixels and mask.
  public func storedBytes(of chip: Int) -> Int { payloads[chip].byteCount }

  /// The digest of the whole file.
  public func digest() -> Digest { withExtendedLifetime(file) { Digest(of: file.bytes) } }

  /// Fills `buffer` with a chip, after verifying the checksum of its payload.
  /// - Throws: `ShardError`.
  /// - Precondition: the buffer has the shard's layout.
  public func decode(chip: Int, into buffer: ChipBuffer) throws {
    precondition(buffer.layout == layout)
    guard payloads.indices.contains(chip) else {
      throw ShardError.noSuchChip(path: path, chip: chip, chipCount: payloads.count)
    }
    try withExtendedLifetime(file) {
      let start = payloads[chip].offset
      let end = start + payloads[chip].byteCount
      try decode(chip, UnsafeRawBufferPointer(rebasing: file.bytes[start..<end]), into: buffer)
    }
  }

  /// - Parameter stored: the payload, pixels and mask.
  private func decode(_ chip: Int, _ stored: UnsafeRawBufferPointer, into buffer: ChipBuffer) throws
  {
    let payload = payloads[chip]
    let found = CRC32.of(stored)
    guard found == payload.checksum else {
      throw ShardError.checksumMismatch(
        path: path, part: "chip \(chip)", expected: payload.checksum, found: found)
    }
    do {
      try Self.unpack(
        UnsafeRawBufferPointer(rebasing: stored[..<payload.pixelBytes]), into: buffer.planes)
      buffer.isFullyValid = payload.maskBytes == 0
      if buffer.isFullyValid {
        buffer.validity.update(repeating: 1)
      } else {
        try Self.unpack(
          UnsafeRawBufferPointer(rebasing: stored[payload.pixelBytes...]),
          into: UnsafeMutableRawBufferPointer(buffer.validity))
      }
    } catch let error as LZ4Error {
      throw ShardError.malformed(path: path, what: "chip \(chip): \(error)")
    }
    BytePlanes.unshuffle(
      UnsafeRawBufferPointer(buffer.planes), elementBytes: layout.pixelType.byteCount,
      into: buffer.pixels)
  }

  private static func unpack(
    _ stored: UnsafeRawBufferPointer, into plain: UnsafeMutableRawBufferPointer
  ) throws {
    if stored.count == plain.count {
      plain.copyMemory(from: stored)
    } else {
      try LZ4Block.decompress(stored, into: plain)
    }
  }
}
