// Writes a shard chip by chip; holds one chip at a time. The format is in ShardFormat.swift.

import Basics
import Compression

/// A shard under construction. Until `finish()` the file does not begin as a shard, so that one
/// whose writing was cut off is never taken for a whole one.
package struct ShardWriter: ~Copyable {
  private var directory: ShardDirectory
  private var payloads: [StoredPayload] = []
  private let file: FileWriter
  private let buffer: ChipBuffer
  private var compressed: [UInt8]

  /// Creates the file and leaves room for the directory.
  /// - Throws: `FileError`.
  package init(creating path: String, _ directory: ShardDirectory) throws {
    self.directory = directory
    buffer = ChipBuffer(directory.layout)
    compressed = [UInt8](
      repeating: 0, count: max(directory.layout.pixelBytes, directory.layout.pixelsPerBand))
    let file = try FileWriter(creating: path)
    try file.write([UInt8](repeating: 0, count: directory.byteCount))
    self.file = file
  }

  /// Compresses and writes the next chip.
  /// - Parameters:
  ///   - pixels: (bands, side, side) in the layout's type; what invalid pixels hold does not
  ///     matter.
  ///   - validity: (side, side), 0 where a pixel is invalid.
  /// - Precondition: sizes are the layout's and a chip is still missing.
  package mutating func append(
    pixels: UnsafeRawBufferPointer, validity: UnsafeBufferPointer<UInt8>
  ) throws {
    let layout = directory.layout
    precondition(payloads.count < directory.chips.count)
    precondition(pixels.count == layout.pixelBytes && validity.count == layout.pixelsPerBand)
    buffer.pixels.copyMemory(from: pixels)
    let validCount = buffer.setValidity(validity)
    directory.chips[payloads.count].validShare = Double(validCount) / Double(layout.pixelsPerBand)

    BytePlanes.shuffle(
      UnsafeRawBufferPointer(buffer.pixels), elementBytes: layout.pixelType.byteCount,
      into: buffer.planes)
    var payload = StoredPayload(offset: file.byteCount)
    payload.pixelBytes = try store(
      UnsafeRawBufferPointer(buffer.planes), checksum: &payload.checksum)
    if validCount < layout.pixelsPerBand {
      payload.maskBytes = try store(
        UnsafeRawBufferPointer(buffer.validity), checksum: &payload.checksum)
    }
    payloads.append(payload)
  }

  /// Writes the directory and returns when everything is on the disk.
  /// - Returns: the size of the file in bytes.
  /// - Precondition: every chip was appended.
  package mutating func finish() throws -> Int {
    precondition(payloads.count == directory.chips.count)
    let bytes = directory.encoded(payloads: payloads, fileBytes: file.byteCount)
    try file.write(bytes, at: 0)
    try file.synchronize()
    return file.byteCount
  }

  /// Writes bytes as an LZ4 block, or as they are when that is not shorter.
  private mutating func store(_ plain: UnsafeRawBufferPointer, checksum: inout UInt32) throws -> Int
  {
    let blockBytes = compressed.withUnsafeMutableBytes {
      LZ4Block.compress(
        plain, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<(plain.count - 1)]))
    }
    guard let blockBytes else {
      checksum = CRC32.of(plain, continuing: checksum)
      try file.write(plain)
      return plain.count
    }
    checksum = try compressed.withUnsafeBytes { bytes in
      let block = UnsafeRawBufferPointer(rebasing: bytes[..<blockBytes])
      try file.write(block)
      return CRC32.of(block, continuing: checksum)
    }
    return blockBytes
  }
}
