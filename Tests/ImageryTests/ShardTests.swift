// The bytes of a shard, written, read and damaged.

import Basics
import Imagery
import TestSupport
import Testing

@Suite("Shards") struct ShardTests {
  @Test("A shard gives back what was written", arguments: PixelType.allCases)
  func roundTrip(type: PixelType) throws {
    let folder = try TemporaryFolder()
    let sample = ShardSample(type)
    try sample.write(to: folder.file("a.shard"))
    let shard = try ShardFile(folder.file("a.shard"))
    #expect(shard.layout == sample.layout)
    #expect(shard.directory.ownChipCount == 2)
    #expect(shard.directory.scenes == sample.directory.scenes)
    #expect(shard.chips.map(\.validShare) == [1, 255.0 / 256, 1])
    var expected = sample.directory.chips
    expected[1].validShare = 255.0 / 256
    #expect(shard.chips == expected)
    #expect(
      (0..<3).map { Array(shard.directory.neighbours(of: $0)) }
        == (0..<3).map {
          Array(sample.directory.neighbours(of: $0))
        })
    let buffer = ChipBuffer(shard.layout)
    for chip in [0, 2, 1, 0] {
      try shard.decode(chip: chip, into: buffer)
      #expect(buffer.copiedValidity == sample.validity(chip))
      #expect(buffer.isFullyValid == (chip != 1))
      if chip != 1 { #expect(buffer.copiedPixels == sample.pixels(chip)) }
    }
  }

  @Test("Invalid pixels are 0 in every band and the others stay")
  func invalidPixels() throws {
    let folder = try TemporaryFolder()
    let sample = ShardSample(.uint16)
    try sample.write(to: folder.file("a.shard"))
    let shard = try ShardFile(folder.file("a.shard"))
    let buffer = ChipBuffer(shard.layout)
    try shard.decode(chip: 1, into: buffer)
    var expected = sample.pixels(1)
    for band in 0..<2 {
      let pixel = band * 256 + 2 * 16 + 3
      expected[pixel * 2] = 0
      expected[pixel * 2 + 1] = 0
    }
    #expect(buffer.copiedPixels == expected)
  }

  @Test("What LZ4 does not shorten is stored as it is")
  func stored() throws {
    let folder = try TemporaryFolder()
    let sample = ShardSample(.uint8)
    try sample.write(to: folder.file("a.shard"))
    let shard = try ShardFile(folder.file("a.shard"))
    #expect(shard.storedBytes(of: 0) < sample.layout.pixelBytes / 2)
    #expect(shard.storedBytes(of: 2) == sample.layout.pixelBytes)
  }

  @Test("The same chips give the same bytes")
  func deterministic() throws {
    let folder = try TemporaryFolder()
    try ShardSample(.int16).write(to: folder.file("a.shard"))
    try ShardSample(.int16).write(to: folder.file("b.shard"))
    #expect(try readBytes(folder.file("a.shard")) == readBytes(folder.file("b.shard")))
  }

  @Test("A layout refuses sizes beyond its limits")
  func layoutLimits() {
    #expect(ChipLayout(side: 0, bandCount: 1, pixelType: .uint8) == nil)
    #expect(ChipLayout(side: 8193, bandCount: 1, pixelType: .uint8) == nil)
    #expect(ChipLayout(side: 8, bandCount: 0, pixelType: .uint8) == nil)
    #expect(ChipLayout(side: 8192, bandCount: 5, pixelType: .float32) == nil)
    #expect(ChipLayout(side: 8192, bandCount: 4, pixelType: .float32) != nil)
  }
}

@Suite("Damaged shards") struct DamagedShardTests {
  private let folder: TemporaryFolder
  private let path: String
  /// A whole shard.
  private let whole: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.shard")
    try ShardSample(.uint16).write(to: path)
    whole = try readBytes(path)
  }

  private func opening(_ bytes: [UInt8]) throws -> ShardError? {
    try writeBytes(bytes, path)
    do {
      _ = try ShardFile(path)
      return nil
    } catch let error as ShardError { return error }
  }

  private var directoryBytes: Int { Int(whole[16]) | Int(whole[17]) << 8 | Int(whole[18]) << 16 }

  /// The shard with some bytes changed and its directory's checksum made right again.
  private func forged(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes = whole
    change(&bytes)
    let checksum = definedCRC32(bytes[16..<directoryBytes])
    for index in 0..<4 { bytes[12 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * index)) }
    return bytes
  }

  @Test("A truncated shard says how much of it is missing")
  func truncated() throws {
    let found = whole.count - 100
    let error = try opening(Array(whole.prefix(found)))
    #expect(
      error
        == .wrongLength(
          path: path, expectedBytes: UInt64(whole.count), foundBytes: UInt64(found)))
    #expect("\(error!)".contains("a.shard is truncated: expected \(whole.count) bytes, found"))
    #expect("\(error!)".contains("run terrane-ingest again"))
  }

  @Test("Truncation anywhere is an error", arguments: [0, 1, 7, 8, 15, 40, 63, 64, 100, 500])
  func truncatedAnywhere(length: Int) throws {
    #expect(try opening(Array(whole.prefix(length))) != nil)
  }

  @Test("A shard with bytes behind its end is an error")
  func tooLong() throws {
    let error = try opening(whole + [0])
    #expect("\(error!)".contains("is too long"))
  }

  @Test("A flipped bit anywhere in header and index is found on opening")
  func flippedDirectory() throws {
    for index in 0..<directoryBytes {
      var bytes = whole
      bytes[index] ^= 1 << (index % 8)
      #expect(try opening(bytes) != nil, "byte \(index)")
    }
  }

  @Test("A flipped bit in a payload spoils that chip and no other")
  func flippedPayload() throws {
    var bytes = whole
    bytes[bytes.count - 1] ^= 4
    #expect(try opening(bytes) == nil)
    let shard = try ShardFile(path)
    let buffer = ChipBuffer(shard.layout)
    try shard.decode(chip: 0, into: buffer)
    try shard.decode(chip: 1, into: buffer)
    let error = #expect(throws: ShardError.self) { try shard.decode(chip: 2, into: buffer) }
    guard case .checksumMismatch(path, "chip 2", _, _) = error else {
      Issue.record("unexpected \(String(describing: error))")
      return
    }
    #expect("\(error!)".contains("is damaged: the CRC-32 of chip 2 is 0x"))
  }

  @Test("A shard of another version says which")
  func version() throws {
    var bytes = whole
    bytes[8] = 2
    #expect(
      try opening(bytes) == .unsupportedVersion(path: path, supported: 1, found: 2))
  }

  @Test("Other files are no shards")
  func otherFile() throws {
    #expect(try opening(Array("GIF89a, not a shard at all".utf8)) == .notAShard(path: path))
  }

  @Test("A shard whose writing was cut off is no shard")
  func unfinished() throws {
    let sample = ShardSample(.uint16)
    do {
      var writer = try ShardWriter(creating: path, sample.directory)
      try sample.pixels(0).withUnsafeBytes { pixels in
        try sample.validity(0).withUnsafeBufferPointer {
          try writer.append(pixels: pixels, validity: $0)
        }
      }
    }
    #expect(throws: ShardError.notAShard(path: path)) { try ShardFile(path) }
  }

  @Test("A directory that makes no sense is refused though its checksum is right")
  func forgedDirectories() throws {
    let changes: [(String, (inout [UInt8]) -> Void)] = [
      ("directory of 2⁶³ bytes", { $0[23] = 0x80 }),
      ("no side", { $0[32] = 0 }),
      ("2³² bands", { for index in 36..<40 { $0[index] = 255 } }),
      ("pixel type 9", { $0[40] = 9 }),
      ("2³² chips", { for index in 44..<48 { $0[index] = 255 } }),
      ("more copies than chips", { $0[48] = 200 }),
      ("2³² links", { for index in 52..<56 { $0[index] = 255 } }),
      ("2³² scenes", { for index in 56..<60 { $0[index] = 255 } }),
      ("a scene that is not there", { $0[64 + 4] = 7 }),
      ("a footprint of NaN", { for index in 80..<88 { $0[index] = 255 } }),
      ("a valid share above 1", { $0[64 + 87] = 0x41 }),
      ("unknown flags", { $0[64 + 88] = 4 }),
      (
        "a payload before the directory's end",
        {
          $0[64 + 96] = 0
          $0[64 + 97] = 0
        }
      ),
      ("a payload beyond the file", { $0[64 + 103] = 0x7F }),
      ("a payload of 2³² bytes", { for index in 0..<4 { $0[64 + 104 + index] = 255 } }),
      ("rows out of order", { $0[64 + 3 * 112 + 4] = 9 }),
      ("a link to chip 200", { $0[64 + 3 * 112 + 16] = 200 }),
      ("an IoU of NaN", { for index in 4..<8 { $0[64 + 3 * 112 + 16 + index] = 255 } }),
      ("a name longer than the file", { $0[64 + 3 * 112 + 16 + 24 + 1] = 15 }),
    ]
    for (what, change) in changes {
      let error = try opening(forged(change))
      if case .malformed = error { continue }
      // A directory size that the file cannot have is found before the checksum can be.
      Issue.record("\(what): \(String(describing: error))")
    }
  }

  @Test("A chip that is not there is an error")
  func noSuchChip() throws {
    let shard = try ShardFile(path)
    #expect(throws: ShardError.noSuchChip(path: path, chip: 3, chipCount: 3)) {
      try shard.decode(chip: 3, into: ChipBuffer(shard.layout))
    }
  }
}
