// The places of tensors in the flat vector of all parameters.

import Basics
import Tensors
import Testing

@Suite("Parameter layout") struct ParameterLayoutTests {
  let layout = ParameterLayout([
    ("norm.weight", [3], .norm), ("fc.weight", [2, 4], .matrix), ("fc.bias", [2], .bias),
  ])

  @Test("Tensors lie back to back in their order")
  func places() {
    #expect(layout.tensors.map(\.range) == [0..<3, 3..<11, 11..<13])
    #expect(layout.count == 13)
    #expect(layout.tensor("fc.weight")?.shape == [2, 4])
    #expect(layout.tensor("fc") == nil)
  }

  @Test("A tensor has the role that its model gave it")
  func roles() {
    #expect(layout.tensors.map(\.role) == [.norm, .matrix, .bias])
  }

  @Test("The grid cuts the vector into chunks of 1 MiB, the last one short")
  func grid() {
    let grid = ParameterLayout([
      ("a", [ChunkGrid.valuesPerChunk, 2], .matrix), ("b", [5], .matrix),
    ]).grid
    #expect(grid.chunkCount == 3)
    #expect(grid.chunks.map(grid.range).map(\.count) == [262_144, 262_144, 5])
  }
}

@Suite("Float buffer") struct FloatBufferTests {
  @Test("A new buffer is zero, aligned to a cache line, and shared by its slices")
  func fresh() {
    let buffer = FloatBuffer(count: 100)
    #expect(buffer.values.allSatisfy { $0 == 0 })
    #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
    buffer[10..<20].update(repeating: 2)
    #expect(buffer.values.reduce(0, +) == 20)
    let copy = FloatBuffer(count: 100)
    copy.copy(from: buffer)
    copy.fill(1)
    #expect(buffer.pointer[10] == 2 && copy.pointer[10] == 1)
  }
}
