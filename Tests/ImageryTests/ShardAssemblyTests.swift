// Shards of chips that are packed already, and the checksum that is found on the way.

import Basics
import Imagery
import TestSupport
import Testing

@Suite("Packed chips") struct ShardAssemblyTests {
  @Test(
    "Written in any order they make the bytes of a shard that is written in a row, and its digest",
    arguments: [[2, 0, 1], [0, 2, 1], [0, 1, 2]])
  func anyOrder(_ order: [Int]) throws {
    let folder = try TemporaryFolder()
    let sample = ShardSample(.uint16)
    try sample.write(to: folder.file("row.shard"))
    let packer = ChipPacker(sample.layout)
    let packed = (0..<3).map { chip in
      let payload = sample.pixels(chip).withUnsafeBytes { pixels in
        sample.validity(chip).withUnsafeBufferPointer {
          packer.pack(pixels: pixels, validity: $0)
        }
      }
      return (
        payload: payload, validCount: packer.validCount, bytes: packer.withPayload(Array.init)
      )
    }
    let path = folder.file("any.shard")
    let assembly = try ShardAssembly(
      creating: path, sample.directory, packed.map { ($0.payload, $0.validCount) })
    for chip in order {
      try packed[chip].bytes.withUnsafeBytes { try assembly.write($0, chip: chip) }
    }
    #expect(throws: ShardError.self) { try ShardFile(path) }
    let written = try assembly.finish()
    let whole = try readBytes(folder.file("row.shard"))
    #expect(written.byteCount == whole.count)
    #expect(written.digest == whole.withUnsafeBytes { Digest(of: $0) })
    #expect(try readBytes(path) == whole)
  }

  @Test("A chip among wider rows is packed as one that lies alone", arguments: PixelType.allCases)
  func widerRows(_ type: PixelType) {
    let sample = ShardSample(type)
    let layout = sample.layout
    let (side, size) = (layout.side, type.byteCount)
    let alone = ChipPacker(layout)
    let among = ChipPacker(layout)
    for chip in 0..<3 {
      let (pixels, validity) = (sample.pixels(chip), sample.validity(chip))
      // Around each row others of 3 values, around each band others of 2 rows.
      let width = side + 3
      var wide = [UInt8](repeating: 77, count: layout.bandCount * (side + 2) * width * size)
      var mask = [UInt8](repeating: 1, count: (side + 2) * width)
      for row in 0..<side {
        for band in 0..<layout.bandCount {
          let from = (band * side + row) * side * size
          let to = ((band * (side + 2) + row + 1) * width + 2) * size
          wide.replaceSubrange(to..<to + side * size, with: pixels[from..<from + side * size])
        }
        let to = (row + 1) * width + 2
        mask.replaceSubrange(to..<to + side, with: validity[row * side..<(row + 1) * side])
      }
      let expected = pixels.withUnsafeBytes { pixels in
        validity.withUnsafeBufferPointer { alone.pack(pixels: pixels, validity: $0) }
      }
      let found = wide.withUnsafeBytes { wide in
        mask.withUnsafeBufferPointer { mask in
          among.pack(
            PixelRows(
              pixels: wide.baseAddress! + (width + 2) * size, rowBytes: width * size,
              bandBytes: (side + 2) * width * size, validity: mask.baseAddress! + width + 2,
              validityRowBytes: width))
        }
      }
      #expect(found == expected)
      #expect(among.validCount == alone.validCount)
      #expect(among.withPayload(Array.init) == alone.withPayload(Array.init))
    }
  }

  // Around each length at which the way of computing changes, from places of any alignment.
  @Test("A checksum is that of the definition, in one piece and continued")
  func checksum() {
    var random = CounterRandom(seed: 7, purpose: .simulation, 0)
    let bytes = (0..<700).map { _ in UInt8(random.index(below: 256)) }
    for start in [0, 1, 7] {
      for count in Array(0...150) + [511, 512, 513, 640] {
        let part = bytes[start..<start + count]
        let expected = definedCRC32(part)
        bytes.withUnsafeBytes { bytes in
          let part = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
          let half = count / 2
          let first = CRC32.of(UnsafeRawBufferPointer(rebasing: part[..<half]))
          #expect(CRC32.of(part) == expected, "\(count) bytes from \(start)")
          #expect(
            CRC32.of(UnsafeRawBufferPointer(rebasing: part[half...]), continuing: first)
              == expected, "\(count) bytes from \(start), in two pieces")
        }
      }
    }
  }
}
