// What the specifications of the journal share: a small journal on any store, and steps to tell
// apart.

import Basics
import Checkpoints
import Tensors

/// 11 values in 3 chunks.
let smallGrid = ChunkGrid(valueCount: 11, valuesPerChunk: 4)

/// A journal with what every opening of it needs.
struct SmallJournal {
  let files: any FileStore
  var folder = "run/journal"
  var run = "b0a7"
  var grid = smallGrid

  func writer(after step: UInt32) throws -> JournalWriter {
    try JournalWriter(folder: folder, files: files, run: run, grid: grid, after: Step(step))
  }

  /// Steps that are as `sum` and `note` have them, in the order in which they are handed on.
  func replay(after step: UInt32) throws -> (steps: [UInt32], ending: ReplayResult) {
    var steps: [UInt32] = []
    let reader = JournalReader(folder: folder, files: files, run: run, grid: grid)
    let found = FloatBuffer(count: grid.valueCount)
    let ending = try reader.replay(after: Step(step)) { record in
      record.copySum(into: found)
      let number = record.step.rawValue
      let values = withExtendedLifetime(found) { Array($0.values) }
      guard values == sumValues(number), record.note == note(number) else {
        throw WrongContents(step: number)
      }
      steps.append(number)
    }
    return (steps, ending)
  }

  struct WrongContents: Error { let step: UInt32 }

  func sumValues(_ step: UInt32) -> [Float] {
    (0..<grid.valueCount).map { Float(100 * Int(step) + $0) }
  }

  func sum(_ step: UInt32) -> FloatBuffer {
    let sum = FloatBuffer(count: grid.valueCount)
    for (index, value) in sumValues(step).enumerated() { sum.pointer[index] = value }
    return sum
  }

  /// Of another length each step, none for every fifth.
  func note(_ step: UInt32) -> [UInt8] { Array(String(repeating: "n", count: Int(step) % 5).utf8) }

  func path(after step: Int) -> String { "\(folder)/after-0000000\(step)" }

  func bytes(after step: Int) throws -> [UInt8] {
    try files.contents(of: path(after: step)).withBytes { Array($0) }
  }

  /// Puts bytes in the place of a segment.
  func replace(after step: Int, _ bytes: [UInt8]) throws {
    try files.create(path(after: step)).write(bytes)
  }
}

extension JournalWriter {
  /// Commits the steps of a journal's samples.
  func commit(_ steps: ClosedRange<UInt32>, of journal: SmallJournal) throws {
    for step in steps {
      try commit(Step(step), note: journal.note(step), sum: journal.sum(step))
    }
  }

  func stage(_ chunk: Int, ofStep step: UInt32, of journal: SmallJournal) {
    let index = ChunkIndex(index: chunk)
    let values = Array(journal.sumValues(step)[journal.grid.range(of: index)])
    values.withUnsafeBufferPointer { stage(index, $0) }
  }
}
