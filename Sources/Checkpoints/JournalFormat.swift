// The bytes of a journal's segments.
//
//   header   8  magic "TRJRNAL\n"
//            4  version, and 4 the same with every bit flipped
//            4  step that the segment comes after
//            4  values in every chunk but the last
//            8  values of the whole vector
//            4  bytes of the run's identity, and the identity
//            …  zeros up to a multiple of 8
//            8  XXH3-64 of everything before
//   record   8  magic "TRRECORD"
//            4  step
//            4  bytes of the note
//           16  XXH3-128 of the note as padded
//          16c  XXH3-128 of each of the c chunks
//            8  XXH3-64 of everything before in this record
//            …  the chunks, float32, back to back
//            …  the note, and zeros up to a multiple of 8
//
// All numbers are little-endian. Everything of a record but its end has a place that is known
// before the step is done. Not here: which records count (JournalReader), and when they are written
// (JournalWriter).

import Basics

struct JournalFormat: Sendable {
  static let version: UInt32 = 1
  private static let magic: UInt64 = 0x0A4C_414E_524A_5254  // "TRJRNAL\n"
  private static let recordMagic: UInt64 = 0x4452_4F43_4552_5254  // "TRRECORD"
  /// Most bytes of a note.
  static let noteLimitBytes = 1 << 20
  /// Most bytes of a run's identity.
  static let identityLimitBytes = 256
  /// Most bytes of a header.
  static let headerLimitBytes = 512
  private static let alignment = 8

  let run: String
  let grid: ChunkGrid

  /// - Precondition: the identity has at most `identityLimitBytes`.
  init(run: String, grid: ChunkGrid) {
    precondition(run.utf8.count <= Self.identityLimitBytes)
    self.run = run
    self.grid = grid
  }

  var recordHeadBytes: Int { 40 + 16 * grid.chunkCount }
  private var sumBytes: Int { grid.valueCount * MemoryLayout<Float>.stride }

  /// Where a chunk lies, counted from the start of its record.
  func offset(of chunk: ChunkIndex) -> Int {
    recordHeadBytes + grid.range(of: chunk).lowerBound * MemoryLayout<Float>.stride
  }

  /// Where the note lies, counted from the start of its record.
  var noteOffset: Int { recordHeadBytes + sumBytes }

  /// Bytes of a whole record.
  func recordBytes(noteBytes: Int) -> Int { noteOffset + paddedNoteBytes(noteBytes) }

  /// What comes after the chunks, so that the next record is aligned.
  func paddedNoteBytes(_ noteBytes: Int) -> Int {
    (noteOffset + noteBytes).roundedUp(to: Self.alignment) - noteOffset
  }

  // MARK: Header

  func header(after step: Step) -> [UInt8] {
    var header = LittleEndianWriter()
    header.write(Self.magic)
    header.write(Self.version)
    header.write(~Self.version)
    header.write(step.rawValue)
    header.write(UInt32(grid.valuesPerChunk))
    header.write(UInt64(grid.valueCount))
    header.write(run)
    while header.bytes.count % Self.alignment != 0 { header.write(UInt8(0)) }
    let checksum = header.bytes.withUnsafeBytes { Checksum.of($0) }
    header.write(checksum)
    return header.bytes
  }

  /// What a header says, beside where the records begin.
  struct Header {
    let run: String
    let after: Step
    let grid: ChunkGrid
    let recordsStart: Int
  }

  /// - Returns: nil when the header is torn or damaged.
  /// - Throws: `JournalError` when it is whole, but of another format.
  static func header(in segment: UnsafeRawBufferPointer, path: String) throws -> Header? {
    do {
      var reader = LittleEndianReader(segment)
      guard try reader.readUInt64() == Self.magic else { return nil }
      let version = try reader.readUInt32()
      // Said twice: a flipped bit must not make this a segment of the future.
      guard try reader.readUInt32() == ~version else { return nil }
      guard version == Self.version else {
        throw JournalError.unsupportedVersion(path: path, found: version, supported: Self.version)
      }
      let after = Step(try reader.readUInt32())
      let valuesPerChunk = Int(try reader.readUInt32())
      let valueCount = Int(truncatingIfNeeded: try reader.readUInt64())
      guard let run = try reader.readText(limitBytes: Self.identityLimitBytes) else {
        return nil
      }
      let checkedBytes = reader.position.roundedUp(to: Self.alignment)
      var trailer = LittleEndianReader(segment, at: checkedBytes)
      let checksum = try trailer.readUInt64()
      guard checksum == Checksum.of(UnsafeRawBufferPointer(rebasing: segment[..<checkedBytes])),
        valueCount > 0, (1...ChunkGrid.valuesPerChunk).contains(valuesPerChunk)
      else { return nil }
      return Header(
        run: run, after: after,
        grid: ChunkGrid(valueCount: valueCount, valuesPerChunk: valuesPerChunk),
        recordsStart: trailer.position)
    } catch is LittleEndianReader.Exhausted {
      return nil
    }
  }

  /// Reads the header of a segment whose name says that it comes after `step`.
  /// - Returns: where its records begin; nil when the header is torn or damaged.
  /// - Throws: `JournalError` when it is whole, but of another run, grid or format.
  func recordsStart(
    in segment: UnsafeRawBufferPointer, after step: Step, path: String
  ) throws -> Int? {
    guard let header = try Self.header(in: segment, path: path), header.after == step else {
      return nil
    }
    guard header.run == run else {
      throw JournalError.otherRun(path: path, expected: run, found: header.run)
    }
    guard header.grid == grid else {
      throw JournalError.otherGrid(path: path, expected: grid, found: header.grid)
    }
    return header.recordsStart
  }

  // MARK: Record

  /// The head of a record, read and checked on its own.
  struct RecordHead {
    let step: Step
    let noteBytes: Int
    let noteDigest: Digest
    let chunkDigests: [Digest]
  }

  func bytes(of head: RecordHead) -> [UInt8] {
    precondition(head.chunkDigests.count == grid.chunkCount)
    var writer = LittleEndianWriter()
    writer.write(Self.recordMagic)
    writer.write(head.step.rawValue)
    writer.write(UInt32(head.noteBytes))
    for digest in [head.noteDigest] + head.chunkDigests {
      writer.write(digest.high)
      writer.write(digest.low)
    }
    let checksum = writer.bytes.withUnsafeBytes { Checksum.of($0) }
    writer.write(checksum)
    return writer.bytes
  }

  /// Nil when there is no whole and undamaged head.
  func recordHead(in segment: UnsafeRawBufferPointer, at offset: Int) -> RecordHead? {
    let checkedBytes = recordHeadBytes - MemoryLayout<UInt64>.size
    guard offset >= 0, recordHeadBytes <= segment.count - offset else { return nil }
    var reader = LittleEndianReader(segment, at: offset)
    var trailer = LittleEndianReader(segment, at: offset + checkedBytes)
    let checked = UnsafeRawBufferPointer(rebasing: segment[offset..<offset + checkedBytes])
    guard (try? reader.readUInt64()) == Self.recordMagic,
      (try? trailer.readUInt64()) == Checksum.of(checked),
      let step = try? reader.readUInt32(), let noteBytes = try? reader.readUInt32(),
      noteBytes <= Self.noteLimitBytes
    else { return nil }
    var digests: [Digest] = []
    for _ in 0...grid.chunkCount {
      guard let high = try? reader.readUInt64(), let low = try? reader.readUInt64() else {
        return nil
      }
      digests.append(Digest(high: high, low: low))
    }
    return RecordHead(
      step: Step(step), noteBytes: Int(noteBytes), noteDigest: digests[0],
      chunkDigests: Array(digests[1...]))
  }
}

extension Int {
  fileprivate func roundedUp(to multiple: Int) -> Int {
    (self + multiple - 1) / multiple * multiple
  }
}
