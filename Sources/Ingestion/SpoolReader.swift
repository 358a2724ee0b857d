// Payloads of chips as the scan has spooled them.

import Basics
import Imagery

/// Reads payloads from the spools of the scan. One thread at a time.
final class SpoolReader {
  private let work: WorkFolder
  private let batches: [Range<Int>]
  private var open: [Int: FileReader] = [:]
  private var buffer: [UInt8] = []

  /// Files held open, at most.
  private static let openLimit = 64

  init(work: WorkFolder, batches: [Range<Int>]) {
    self.work = work
    self.batches = batches
  }

  /// Lends a payload after verifying it.
  /// - Throws: `FileError`, `IngestError.damagedWork`.
  func withPayload(of chip: ScannedChip, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let batch = Int(chip.scene) / batches[0].count
    let path = work.spool(batch)
    let file = try file(batch, path)
    let count = chip.payload.byteCount
    if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
    try buffer.withUnsafeMutableBytes { buffer in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      guard try file.read(into: bytes, at: chip.offset) == count,
        CRC32.of(UnsafeRawBufferPointer(bytes)) == chip.checksum
      else { throw IngestError.damagedWork(path: path, what: "a chip's bytes have changed") }
      try body(UnsafeRawBufferPointer(bytes))
    }
  }

  private func file(_ batch: Int, _ path: String) throws -> FileReader {
    if let known = open[batch] { return known }
    if open.count == Self.openLimit { open = [:] }
    guard Files.exists(path) else {
      throw IngestError.damagedWork(path: path, what: "it is missing")
    }
    let file = try FileReader(path)
    open[batch] = file
    return file
  }
}
