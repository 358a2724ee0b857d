// Orders for the journal, and who carries them out. Not here: the thread on which that happens.

import Basics
import Checkpoints
import Coordination
import Tensors

/// What is to be done to a run's journal.
package enum JournalOrder: Equatable, Sendable {
  /// Write one chunk of the sum that the next commit will be of.
  case stage(ChunkIndex)
  /// Make a step durable, and tell how long the journal is since `journalSince`.
  case commit(Step, note: [UInt8], journalSince: Step)
  /// A checkpoint of the newest step is being written: go on in a new segment.
  case beginSegment
  /// Steps up to this one are not needed any more.
  case drop(through: Step)
}

/// Carries out orders one after another. What it reads of the gradient sum does not change
/// meanwhile: a chunk is staged when its last gradient was added, and nothing is added to the next
/// step's sum before this step is committed. (A step that begins anew stages its chunks again, in
/// their place.)
package struct JournalKeeper {
  private let writer: JournalWriter
  private let sum: FloatBuffer
  private let grid: ChunkGrid

  /// - Parameter store: whose gradient sums the journal gets.
  package init(_ writer: JournalWriter, for store: ParameterStore) {
    self.writer = writer
    sum = store.gradient
    grid = store.grid
  }

  /// The last step that is durable.
  package var lastStep: Step { writer.lastStep }

  /// - Returns: what the core waits to be told.
  package func execute(_ order: JournalOrder) -> CoordinatorEvent? {
    switch order {
    case .stage(let chunk):
      writer.stage(chunk, UnsafeBufferPointer(sum[grid.range(of: chunk)]))
    case .commit(let step, let note, let start):
      do {
        try writer.commit(step, note: note, sum: sum)
        return .committed(step, journalBytes: writer.byteCount(since: start))
      } catch {
        return .commitFailed(step, reason: "\(error)")
      }
    case .beginSegment:
      // What cannot be begun now is begun by the next commit, which tells why when it cannot
      // either.
      try? writer.rotate()
    case .drop(let step):
      // A segment too many does no harm; the next drop tries again.
      try? writer.drop(through: step)
    }
    return nil
  }
}
