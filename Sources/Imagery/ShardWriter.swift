// Writes a shard chip by chip; holds one chip at a time. The format is in ShardFormat.swift.

import Basics

/// A shard under construction. Until `finish()` the file does not begin as a shard, so that one
/// whose writing was cut off is never taken for a whole one.
package struct ShardWriter: ~Copyable {
  private var directory: ShardDirectory
  private var payloads: [StoredPayload] = []
  private let file: FileWriter
  private let packer: ChipPacker

  /// Creates the file and leaves room for the directory.
  /// - Throws: `FileError`.
  package init(creating path: String, _ directory: ShardDirectory) throws {
    self.directory = directory
    packer = ChipPacker(directory.layout)
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
    let payload = packer.pack(pixels: pixels, validity: validity)
    let packer = packer
    try packer.withPayload { try append($0, payload, validCount: packer.validCount) }
  }

  /// Writes the next chip, which is packed.
  /// - Parameters:
  ///   - stored: pixels and mask as `ChipPacker` made them.
  ///   - payload: what the bytes are; its offset does not matter.
  ///   - validCount: valid pixels of the chip.
  /// - Precondition: sizes agree and a chip is still missing.
  package mutating func append(
    _ stored: UnsafeRawBufferPointer, _ payload: StoredPayload, validCount: Int
  ) throws {
    precondition(payloads.count < directory.chips.count && stored.count == payload.byteCount)
    directory.chips[payloads.count].validShare =
      Double(validCount) / Double(directory.layout.pixelsPerBand)
    var payload = payload
    payload.offset = file.byteCount
    try file.write(stored)
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
}
