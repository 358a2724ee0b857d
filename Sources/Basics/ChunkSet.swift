// Some of a vector's chunks.

/// A set of chunks as a bitmap, one bit per chunk.
package struct ChunkSet: Hashable, Sendable {
  /// Chunk *i* is bit *i* mod 8 of byte *i* / 8; the last byte is not zero, so that equal sets have
  /// equal bytes.
  package private(set) var bytes: [UInt8] = []
  package private(set) var count = 0

  package init() {}

  /// - Parameter bytes: zeros at their end mean nothing.
  package init(bytes: [UInt8]) {
    self.bytes = bytes
    trim()
    count = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  package func contains(_ chunk: ChunkIndex) -> Bool {
    let (byte, bit) = Self.place(of: chunk)
    return byte < bytes.count && bytes[byte] & bit != 0
  }

  package mutating func insert(_ chunk: ChunkIndex) {
    if contains(chunk) { return }
    let (byte, bit) = Self.place(of: chunk)
    if byte >= bytes.count {
      bytes.append(contentsOf: repeatElement(0, count: byte + 1 - bytes.count))
    }
    bytes[byte] |= bit
    count += 1
  }

  package mutating func remove(_ chunk: ChunkIndex) {
    guard contains(chunk) else { return }
    let (byte, bit) = Self.place(of: chunk)
    bytes[byte] &= ~bit
    count -= 1
    trim()
  }

  private static func place(of chunk: ChunkIndex) -> (byte: Int, bit: UInt8) {
    (chunk.index / 8, 1 << UInt8(chunk.index % 8))
  }

  private mutating func trim() {
    while bytes.last == 0 { bytes.removeLast() }
  }
}
