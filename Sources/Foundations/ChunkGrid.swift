// How a flat vector is cut for the wire.

/// The cut of a flat vector of floats into chunks of 1 MiB: the unit of sending, reducing and digesting.
public struct ChunkGrid: Hashable, Sendable {
  /// Floats in every chunk but the last: 1 MiB of `Float`.
  public static let valuesPerChunk = 262_144

  public let valueCount: Int

  /// - Precondition: `valueCount` is positive.
  public init(valueCount: Int) {
    precondition(valueCount > 0)
    self.valueCount = valueCount
  }

  public var chunkCount: Int { (valueCount + Self.valuesPerChunk - 1) / Self.valuesPerChunk }

  public var chunks: [ChunkIndex] { (0..<chunkCount).map(ChunkIndex.init(index:)) }

  /// The values of one chunk.
  public func range(of chunk: ChunkIndex) -> Range<Int> {
    let start = chunk.index * Self.valuesPerChunk
    precondition(start < valueCount, "chunk \(chunk) is outside a vector of \(valueCount) values")
    return start..<min(start + Self.valuesPerChunk, valueCount)
  }
}
