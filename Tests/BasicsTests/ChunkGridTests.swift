// Where the chunks of a vector begin and end, for grids of several chunk sizes.

import Basics
import Testing

@Suite("Chunk grid") struct ChunkGridTests {
  @Test("Chunks are of 1 MiB of floats unless told otherwise")
  func standard() {
    let grid = ChunkGrid(valueCount: 262_145)
    #expect(grid.chunks.map { grid.range(of: $0) } == [0..<262_144, 262_144..<262_145])
  }

  @Test("Smaller chunks cover the same values, and are another grid")
  func small() {
    let grid = ChunkGrid(valueCount: 11, valuesPerChunk: 4)
    #expect(grid.chunks.map { grid.range(of: $0) } == [0..<4, 4..<8, 8..<11])
    #expect(grid != ChunkGrid(valueCount: 11))
  }
}
