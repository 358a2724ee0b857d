// The set of chunks that a lease names: its bits, and equality.

import Basics
import Testing

@Suite("Sets of chunks") struct ChunkSetTests {
  private func chunk(_ index: Int) -> ChunkIndex { ChunkIndex(index: index) }

  @Test("Chunk i is bit i mod 8 of byte i / 8")
  func bits() {
    var set = ChunkSet()
    for index in [0, 9, 15, 9] { set.insert(chunk(index)) }
    #expect(set.bytes == [1, 0b1000_0010])
    #expect(set.count == 3)
    #expect((0..<100).filter { set.contains(chunk($0)) } == [0, 9, 15])
  }

  @Test("Equal sets have equal bytes, however they were made")
  func equal() {
    var set = ChunkSet(bytes: [1, 0, 128, 0, 0])
    #expect(set.count == 2)
    set.remove(chunk(23))
    set.remove(chunk(23))
    set.remove(chunk(500))
    #expect(set == ChunkSet(bytes: [1]))
    set.remove(chunk(0))
    #expect(set == ChunkSet())
  }
}
