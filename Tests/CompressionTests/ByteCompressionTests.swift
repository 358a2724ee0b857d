// Byte planes and LZ4 blocks, there and back, and what cannot be a block.

import Compression
import Testing

@Suite("Byte planes") struct BytePlanesTests {
  private func shuffled(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: bytes.count)
    bytes.withUnsafeBytes { source in
      result.withUnsafeMutableBytes { BytePlanes.shuffle(source, elementBytes: size, into: $0) }
    }
    return result
  }

  private func unshuffled(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: bytes.count)
    bytes.withUnsafeBytes { source in
      result.withUnsafeMutableBytes { BytePlanes.unshuffle(source, elementBytes: size, into: $0) }
    }
    return result
  }

  @Test("Plane k holds byte k of every element")
  func planes() {
    #expect(shuffled([1, 2, 3, 4, 5, 6], 1) == [1, 2, 3, 4, 5, 6])
    #expect(shuffled([1, 2, 3, 4, 5, 6], 2) == [1, 3, 5, 2, 4, 6])
    #expect(shuffled([1, 2, 3, 4, 5, 6], 3) == [1, 4, 2, 5, 3, 6])
    #expect(shuffled([1, 2, 3, 4, 5, 6, 7, 8], 4) == [1, 5, 2, 6, 3, 7, 4, 8])
    #expect(shuffled([], 4) == [])
  }

  @Test("Unshuffling undoes shuffling for any size and count", arguments: [1, 2, 3, 4, 8])
  func inverse(size: Int) {
    for count in [0, 1, 7, 8, 33, 257] {
      let bytes = (0..<count * size).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 / 5) }
      #expect(unshuffled(shuffled(bytes, size), size) == bytes)
    }
  }
}

@Suite("LZ4 blocks") struct LZ4BlockTests {
  private func compressed(_ bytes: [UInt8], room: Int) -> [UInt8]? {
    var block = [UInt8](repeating: 0, count: room)
    let count = bytes.withUnsafeBytes { source in
      block.withUnsafeMutableBytes { LZ4Block.compress(source, into: $0) }
    }
    return count.map { Array(block[..<$0]) }
  }

  private func decompressed(_ block: [UInt8], count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try block.withUnsafeBytes { source in
      try bytes.withUnsafeMutableBytes { try LZ4Block.decompress(source, into: $0) }
    }
    return bytes
  }

  private let bytes = (0..<1000).map { UInt8($0 / 100) }

  @Test("A block gives back its bytes")
  func roundTrip() throws {
    let block = try #require(compressed(bytes, room: LZ4Block.boundBytes(of: 1000)))
    #expect(block.count < 100)
    #expect(try decompressed(block, count: 1000) == bytes)
  }

  @Test("No bytes make a block too")
  func empty() throws {
    let block = try #require(compressed([], room: LZ4Block.boundBytes(of: 0)))
    #expect(try decompressed(block, count: 0) == [])
  }

  @Test("A block that has no room is nil")
  func noRoom() {
    #expect(compressed([3, 1, 4, 1, 5, 9, 2, 6], room: 7) == nil)
    #expect(compressed([3], room: 0) == nil)
  }

  // The format's own example of a last sequence: token 0x30 is three literals and no match.
  @Test("A block written by hand")
  func byHand() throws {
    #expect(try decompressed([0x30, 7, 8, 9], count: 3) == [7, 8, 9])
  }

  @Test("A damaged block is an error and never writes outside")
  func damaged() throws {
    let block = try #require(compressed(bytes, room: 2000))
    let malformed = LZ4Error.malformed(compressedBytes: block.count, expectedBytes: 999)
    #expect(throws: malformed) { try decompressed(block, count: 999) }
    #expect(
      throws: LZ4Error.wrongSize(
        compressedBytes: block.count, expectedBytes: 1001, foundBytes: 1000)
    ) { try decompressed(block, count: 1001) }
    #expect(throws: LZ4Error.self) { try decompressed(Array(block.dropLast(3)), count: 1000) }
    #expect(throws: LZ4Error.malformed(compressedBytes: 0, expectedBytes: 4)) {
      try decompressed([], count: 4)
    }
    #expect(throws: LZ4Error.self) {
      try decompressed([UInt8](repeating: 0xFF, count: 64), count: 1000)
    }
  }
}
