// Shards of chips that are packed already, and the checksum that is found on the way.

import Basics
import Imagery
import TestSupport
import Testing

@Suite("Packed chips") struct ShardAssemblyTests {
  @Test("Written in any order they make the bytes of a shard that is written in a row")
  func anyOrder() throws {
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
    for chip in [2, 0, 1] {
      try packed[chip].bytes.withUnsafeBytes { try assembly.write($0, chip: chip) }
    }
    #expect(throws: ShardError.self) { try ShardFile(path) }
    let bytes = try assembly.finish()
    let whole = try readBytes(folder.file("row.shard"))
    #expect(bytes == whole.count)
    #expect(try readBytes(path) == whole)
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
