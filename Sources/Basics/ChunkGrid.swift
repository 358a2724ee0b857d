// How a flat vector is cut for the wire.

/// The cut of a flat vector of floats into chunks, of 1 MiB unless told otherwise: the unit of
/// sending, reducing and digesting.
public struct ChunkGrid: Hashable, Sendable {
  /// The default and the most: 1 MiB of `Float`. Buffers for any chunk are sized by it.
  public static let valuesPerChunk = 262_144

  /// Values of the vector.
  public let valueCount: Int
  /// Floats in every chunk but the last.
  public let valuesPerChunk: Int

  /// The cut of a vector.
  /// - Parameters:
  ///   - valueCount: values of the vector.
  ///   - valuesPerChunk: fewer than the default give small vectors several chunks.
  /// - Precondition: `valueCount` is positive, `valuesPerChunk` is in 1…`Self.valuesPerChunk`.
  public init(valueCount: Int, valuesPerChunk: Int = Self.valuesPerChunk) {
    precondition(valueCount > 0)
    precondition(valuesPerChunk > 0 && valuesPerChunk <= Self.valuesPerChunk)
    self.valueCount = valueCount
    self.valuesPerChunk = valuesPerChunk
  }

  /// Chunks, the last of which may be shorter.
  public var chunkCount: Int { (valueCount + valuesPerChunk - 1) / valuesPerChunk }

  /// All chunks, in order.
  public var chunks: [ChunkIndex] { (0..<chunkCount).map(ChunkIndex.init(index:)) }

  /// The values of one chunk.
  public func range(of chunk: ChunkIndex) -> Range<Int> {
    let start = chunk.index * valuesPerChunk
    precondition(start < valueCount, "chunk \(chunk) is outside a vector of \(valueCount) values")
    return start..<min(start + valuesPerChunk, valueCount)
  }
}
