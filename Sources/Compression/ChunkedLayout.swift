// Which values of a chunk are of which kind of tensor: what a codec that shares scales has to know.
// Both sides of an exchange know the layout, so nothing of this travels. Not here: what a codec
// makes of it.

import Basics
import Tensors

/// A chunk's values as parts of tensors, back to back.
package struct ChunkParts: Hashable, Sendable {
  /// Values of one tensor, or of several that stay exact.
  package struct Part: Hashable, Sendable {
    /// Places in the chunk.
    package let range: Range<Int>
    /// Whether the values should reach the other side as they are.
    package let isExact: Bool
  }

  package private(set) var parts: [Part] = []

  /// Values of the chunk.
  package var count: Int { parts.last?.range.upperBound ?? 0 }

  /// - Parameter range: some values of a vector of the layout.
  package init(_ layout: ParameterLayout, _ range: Range<Int>) {
    for tensor in layout.tensors {
      let common = tensor.range.clamped(to: range)
      if common.isEmpty { continue }
      append(common.count, isExact: tensor.role != .matrix)
    }
  }

  private mutating func append(_ count: Int, isExact: Bool) {
    var start = self.count
    let end = start + count
    if isExact, let last = parts.last, last.isExact {
      start = last.range.lowerBound
      parts.removeLast()
    }
    parts.append(Part(range: start..<end, isExact: isExact))
  }
}

/// A layout cut into chunks. Matrices may lose digits; norms, biases and tokens stay exact: they
/// are under 1 % of a model's values, and a scale shared with them would serve neither.
package struct ChunkedLayout: Hashable, Sendable {
  package let grid: ChunkGrid
  private let parts: [ChunkParts]

  /// - Parameter valuesPerChunk: in every chunk but the last.
  package init(_ layout: ParameterLayout, valuesPerChunk: Int = ChunkGrid.valuesPerChunk) {
    grid = ChunkGrid(valueCount: layout.count, valuesPerChunk: valuesPerChunk)
    let grid = grid
    parts = grid.chunks.map { ChunkParts(layout, grid.range(of: $0)) }
  }

  /// - Precondition: the grid has the chunk.
  package subscript(chunk: ChunkIndex) -> ChunkParts { parts[chunk.index] }

  /// Of every chunk, in order.
  package var all: [ChunkParts] { parts }
}
