// Messages of several frames that travel as single ones.

import Testing
import Transport

@Suite("Messages in parts") struct FramePartsTests {
  private func assemble(_ parts: [[UInt8]], limit: Int = 8) -> [FrameAssembly.Outcome] {
    var assembly = FrameAssembly(framesPerMessage: limit)
    return parts.map { assembly.take($0) }
  }

  @Test("What is taken apart comes together again; one frame goes as it is where it can")
  func roundTrip() {
    let messages: [[[UInt8]]] = [
      [[1, 2]], [[]], [[0]], [[0, 2, 0], [5]], [[7], [], [0, 0, 0]],
      [[], []], [[1], [UInt8](repeating: 3, count: 70_000), [4]],
    ]
    for message in messages {
      let parts = FrameParts.parts(of: message)
      #expect(parts.count == message.count)
      let outcomes = assemble(parts)
      #expect(outcomes.dropLast().allSatisfy { $0 == .incomplete })
      #expect(outcomes.last == .message(message))
    }
    #expect(FrameParts.parts(of: [[1, 2]]) == [[1, 2]])
    #expect(FrameParts.parts(of: [[7], [9, 9]]) == [[0, 2, 0, 2, 0, 0, 0, 7], [9, 9]])
  }

  @Test("A message whose connection broke is given up at the next part that does not fit")
  func broken() {
    let broken = FrameParts.parts(of: [[1], [2, 2], [3]])
    let next = FrameParts.parts(of: [[4], [5]])
    #expect(
      assemble([broken[0], broken[1]] + next + [[6]]) == [
        .incomplete, .incomplete, .incomplete, .message([[4], [5]]), .message([[6]]),
      ])
    var assembly = FrameAssembly(framesPerMessage: 8)
    #expect(assembly.take(broken[0]) == .incomplete)
    assembly.forget()
    #expect(assembly.take([9, 9]) == .message([[9, 9]]))
  }

  @Test("Of a message of too many frames nothing is kept, and it is told once")
  func tooMany() {
    let parts = FrameParts.parts(of: [[1], [2], [3]])
    #expect(
      assemble(parts + [[4]], limit: 2) == [
        .incomplete, .incomplete, .refused(.tooManyFrames(found: 3, limit: 2)), .message([[4]]),
      ])
  }

  @Test("A head that no listener sends is refused")
  func nonsense() {
    let heads: [[UInt8]] = [
      [0], [0, 1], [0, 0, 0], [0, 0, 0, 1, 2], [0, 2, 0, 1], [0, 255, 255, 1],
    ]
    for head in heads {
      #expect(assemble([head]) == [.refused(.unreadableParts(bytes: head.count))])
    }
  }
}
