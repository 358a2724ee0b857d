// A chip that scanning cut: where it lies in its scene and where its payload lies in the batch's
// spool. Tables of these are what the stages hand on; they are held in memory for all chips.

import Basics
import Imagery

/// 48 bytes in memory, 44 in a table.
struct ScannedChip: Hashable, Sendable {
  let scene: Int32
  let column: Int32
  let row: Int32
  let validCount: Int32
  /// Of the payload: equal chips have equal ones.
  let digest: UInt64
  /// In the batch's spool.
  let offset: Int
  let pixelBytes: UInt32
  let maskBytes: UInt32
  let checksum: UInt32

  static let recordBytes = 44

  init(
    scene: Int, column: Int, row: Int, validCount: Int, digest: UInt64, payload: StoredPayload
  ) {
    self.scene = Int32(scene)
    self.column = Int32(column)
    self.row = Int32(row)
    self.validCount = Int32(validCount)
    self.digest = digest
    offset = payload.offset
    pixelBytes = UInt32(payload.pixelBytes)
    maskBytes = UInt32(payload.maskBytes)
    checksum = payload.checksum
  }

  init(from reader: inout LittleEndianReader) throws(LittleEndianReader.Exhausted) {
    scene = Int32(bitPattern: try reader.readUInt32())
    column = Int32(bitPattern: try reader.readUInt32())
    row = Int32(bitPattern: try reader.readUInt32())
    validCount = Int32(bitPattern: try reader.readUInt32())
    digest = try reader.readUInt64()
    offset = Int(truncatingIfNeeded: try reader.readUInt64())
    pixelBytes = try reader.readUInt32()
    maskBytes = try reader.readUInt32()
    checksum = try reader.readUInt32()
  }

  func write(to writer: inout LittleEndianWriter) {
    for number in [scene, column, row, validCount] { writer.write(UInt32(bitPattern: number)) }
    writer.write(digest)
    writer.write(UInt64(bitPattern: Int64(offset)))
    for number in [pixelBytes, maskBytes, checksum] { writer.write(number) }
  }

  var payload: StoredPayload {
    StoredPayload(
      offset: offset, pixelBytes: Int(pixelBytes), maskBytes: Int(maskBytes), checksum: checksum)
  }

  /// By scene, then rows, then columns.
  var place: (Int32, Int32, Int32) { (scene, row, column) }
}

/// A batch's table as a file.
enum ChipTable {
  static func write(_ chips: [ScannedChip], to path: String, isDurable: Bool) throws {
    var writer = LittleEndianWriter()
    for chip in chips { chip.write(to: &writer) }
    try SealedFile.write(writer.bytes, to: path, isDurable: isDurable)
  }

  /// - Throws: `IngestError.damagedWork` for a file of another size or with scenes that do not
  ///   exist.
  static func read(_ path: String, count: Int, scenes: Range<Int>) throws -> [ScannedChip] {
    try WorkFolder.withContent(of: path) { bytes in
      guard bytes.count % ScannedChip.recordBytes == 0,
        bytes.count / ScannedChip.recordBytes == count
      else {
        throw IngestError.damagedWork(path: path, what: "its size is not that of \(count) chips")
      }
      var reader = LittleEndianReader(bytes)
      return try (0..<count).map { _ in
        let chip = try ScannedChip(from: &reader)
        guard scenes.contains(Int(chip.scene)), chip.offset >= 0 else {
          throw IngestError.damagedWork(path: path, what: "a chip of no scene")
        }
        return chip
      }
    }
  }
}
