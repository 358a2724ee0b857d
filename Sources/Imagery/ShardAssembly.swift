// Writes a shard whose payloads are packed already, in any order and from several threads: where
// each one lies follows from their sizes. The format is in ShardFormat.swift.

import Basics

/// A shard under construction. Until `finish()` the file does not begin as a shard, so that one
/// whose writing was cut off is never taken for a whole one.
package final class ShardAssembly: Sendable {
  private let file: FileWriter
  private let payloads: [StoredPayload]
  /// The first bytes of the whole file.
  private let front: [UInt8]

  /// Creates the file.
  /// - Parameters:
  ///   - directory: chips' valid shares do not matter.
  ///   - chips: of each chip the payload, whose offset does not matter, and its valid pixels.
  /// - Throws: `FileError`.
  /// - Precondition: as many as the directory's chips.
  package init(
    creating path: String, _ directory: ShardDirectory,
    _ chips: [(payload: StoredPayload, validCount: Int)]
  ) throws {
    precondition(chips.count == directory.chips.count)
    var directory = directory
    var payloads: [StoredPayload] = []
    var end = directory.byteCount
    for (index, chip) in chips.enumerated() {
      directory.chips[index].validShare =
        Double(chip.validCount) / Double(directory.layout.pixelsPerBand)
      var payload = chip.payload
      payload.offset = end
      end += payload.byteCount
      payloads.append(payload)
    }
    self.payloads = payloads
    front = directory.encoded(payloads: payloads, fileBytes: end)
    file = try FileWriter(creating: path)
  }

  /// Writes a chip's payload, which is packed.
  /// - Precondition: its size is the one that was announced.
  package func write(_ stored: UnsafeRawBufferPointer, chip: Int) throws {
    precondition(stored.count == payloads[chip].byteCount)
    try file.write(stored, at: payloads[chip].offset)
  }

  /// Writes the directory and returns when everything is on the disk.
  /// - Returns: the size of the file in bytes.
  /// - Precondition: every chip was written.
  package func finish() throws -> Int {
    try file.write(front, at: 0)
    try file.synchronize()
    return file.byteCount
  }
}
