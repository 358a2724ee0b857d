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
  private let beginning: Monitor<Beginning>

  /// What is digested already: the front and the first chips.
  private final class Beginning {
    var digest = StreamingDigest()
    var chips = 0
  }

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
    let beginning = Beginning()
    front.withUnsafeBytes { beginning.digest.update($0) }
    self.beginning = Monitor(beginning)
    file = try FileWriter(creating: path)
  }

  /// Writes a chip's payload, which is packed.
  /// - Precondition: its size is the one that was announced.
  package func write(_ stored: UnsafeRawBufferPointer, chip: Int) throws {
    precondition(stored.count == payloads[chip].byteCount)
    let payload = payloads[chip]
    try file.write(stored, at: payload.offset)
    // The disk begins early: what is still to be written at the end is then little.
    let end = payload.offset + payload.byteCount
    if payload.offset / Self.writeOutBytes < end / Self.writeOutBytes {
      let start = payload.offset / Self.writeOutBytes * Self.writeOutBytes
      file.startWritingOut(start..<end)
    }
    beginning.withLock { beginning in
      guard chip == beginning.chips else { return }
      beginning.digest.update(stored)
      beginning.chips += 1
    }
  }

  /// Bytes after which the disk is told to begin.
  private static let writeOutBytes = 8 << 20

  /// Writes the directory.
  /// - Parameter isDurable: whether this returns when everything is on the disk; else the disk only
  ///   begins.
  /// - Returns: the size of the file in bytes, and its digest: chips that were written in their
  ///   order are not read for it.
  /// - Precondition: every chip was written.
  package func finish(isDurable: Bool = true) throws -> (byteCount: Int, digest: Digest) {
    try file.write(front, at: 0)
    if isDurable { try file.synchronize() }
    let beginning = beginning.withLock { $0 }
    if beginning.chips < payloads.count {
      try digestRest(from: payloads[beginning.chips].offset, &beginning.digest)
    }
    if !isDurable { file.startWritingOut(0..<file.byteCount) }
    return (file.byteCount, beginning.digest.digest)
  }

  /// Digests what was written out of order.
  private func digestRest(from start: Int, _ digest: inout StreamingDigest) throws {
    let written = try FileReader(file.path)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { piece.deallocate() }
    var done = start
    while done < file.byteCount {
      let count = try written.read(into: piece, at: done)
      if count == 0 { break }
      digest.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      done += count
    }
  }
}
