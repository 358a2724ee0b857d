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
    #expect(shard.directory.bands == ShardSample.bands)
    #expect(shard.directory.neighbours(of: 1).map(\.placement) == [nil, ShardSample.placement])
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
    bytes[8] = 1
    let error = try opening(bytes)
    #expect(error == .unsupportedVersion(path: path, supported: 2, found: 1))
    #expect(
      "\(error!)".hasSuffix(
        "version 1; this program reads version 2. Make the dataset again with this release's "
          + "terrane-ingest, for which the scenes are enough; a run that began with the old one goes "
          + "on with the release that it began with."))
    bytes[8] = 3
    #expect("\(try opening(bytes)!)".contains("Use the release of Terrane that made it"))
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
    // Three chips, four row starts, three links, one placement, then two bands and a scene.
    let record = 64
    let rows = record + 3 * 176
    let links = rows + 4 * 4
    let placements = links + 3 * 12
    let bands = placements + 48
    let numbers = bands + 4 + "red".utf8.count + 4 + "reflectance".utf8.count
    let scenes = numbers + 24 + 4 + "near infrared".utf8.count + 4 + 24
    let date = scenes + 4 + "scene.tif".utf8.count + 4 + ShardSample.scene.crs.utf8.count
    let infinity: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF0, 0x7F]
    let changes: [(String, (inout [UInt8]) -> Void)] = [
      ("directory of 2⁶³ bytes", { $0[23] = 0x80 }),
      ("no side", { $0[32] = 0 }),
      ("2³² bands", { for index in 36..<40 { $0[index] = 255 } }),
      ("pixel type 9", { $0[40] = 9 }),
      ("2³² chips", { for index in 44..<48 { $0[index] = 255 } }),
      ("more copies than chips", { $0[48] = 200 }),
      ("2³² links", { for index in 52..<56 { $0[index] = 255 } }),
      ("2³² scenes", { for index in 56..<60 { $0[index] = 255 } }),
      ("2³² placements", { for index in 60..<64 { $0[index] = 255 } }),
      ("a scene that is not there", { $0[64 + 4] = 7 }),
      ("a footprint of NaN", { for index in 80..<88 { $0[index] = 255 } }),
      ("a corner of NaN", { for index in 96..<104 { $0[record + index] = 255 } }),
      ("a valid share above 1", { $0[record + 151] = 0x41 }),
      ("unknown flags", { $0[record + 152] = 4 }),
      (
        "a payload before the directory's end",
        { for index in 160..<162 { $0[record + index] = 0 } }
      ),
      ("a payload beyond the file", { $0[record + 167] = 0x7F }),
      ("a payload of 2³² bytes", { for index in 168..<172 { $0[record + index] = 255 } }),
      ("rows out of order", { $0[rows + 4] = 9 }),
      ("a link to chip 200", { $0[links] = 200 }),
      ("an IoU of NaN", { for index in 4..<8 { $0[links + index] = 255 } }),
      ("a placement that is not there", { $0[links + 8] = 1 }),
      ("placement 2 of 1", { $0[links + 2 * 12 + 8] = 2 }),
      ("no placement of 1", { $0[links + 2 * 12 + 8] = 0 }),
      ("a placement of NaN", { for index in 0..<8 { $0[placements + index] = 255 } }),
      ("a placement without area", { for index in 8..<24 { $0[placements + index] = 0 } }),
      ("a placement beyond all maps", { $0[placements + 15] = 0x7F }),
      ("a band's name longer than the file", { $0[bands + 1] = 15 }),
      ("a band's unit that is not UTF-8", { $0[bands + 7 + 4] = 0xFF }),
      ("a negative wavelength", { $0[numbers + 7] |= 0x80 }),
      ("a scale of 0", { for index in 8..<16 { $0[numbers + index] = 0 } }),
      (
        "an offset that is infinite",
        { $0.replaceSubrange(numbers + 16..<numbers + 24, with: infinity) }
      ),
      ("a scene's name longer than the file", { $0[scenes + 1] = 15 }),
      ("a date that is none", { $0[date + 4] = UInt8(ascii: "x") }),
      ("a scene without area", { for index in 8..<24 { $0[date + 24 + index] = 0 } }),
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
