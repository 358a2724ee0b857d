// The thread that writes the journal, so that the disk never holds up the coordinator's loop.

import Basics
import Checkpoints
import Coordination
import Tensors

/// Carries out orders one after another. What it reads of the gradient sum does not change
/// meanwhile: a chunk is staged when its last gradient was added, and nothing is added to the next
/// step's sum before this step is committed. (A step that begins anew stages its chunks again, in
/// their place.)
///
/// `@unchecked Sendable`: the thread alone touches the writer, `thread` is written by `init` and
/// read by `close`, and orders go through a queue.
final class JournalThread: @unchecked Sendable {
  private enum Order: Sendable {
    case stage(ChunkIndex)
    case commit(Step, note: [UInt8])
    /// A checkpoint of the newest step is being written.
    case rotate
    /// There is a newer checkpoint, and steps up to an older one are not needed any more.
    case drop(through: Step, newestCheckpoint: Step)
  }

  private let writer: JournalWriter
  private let sum: FloatBuffer
  private let grid: ChunkGrid
  private let tell: @Sendable (CoordinatorEvent) -> Void
  /// The thread's own.
  private var newestCheckpoint: Step
  private let orders: BlockingQueue<Order>
  private var thread: SystemThread?

  /// - Parameter tell: called on this thread with what came of a commit.
  /// - Throws: `ThreadError`.
  init(
    _ writer: JournalWriter, sum: FloatBuffer, grid: ChunkGrid, newestCheckpoint: Step,
    tell: @escaping @Sendable (CoordinatorEvent) -> Void
  ) throws {
    self.writer = writer
    self.sum = sum
    self.grid = grid
    self.tell = tell
    self.newestCheckpoint = newestCheckpoint
    // A step's orders and some to spare: the loop never waits for room.
    orders = BlockingQueue(capacity: 2 * grid.chunkCount + 64)
    thread = try SystemThread("journal") { [self] in
      while let order = orders.receive(timeout: nil) { execute(order) }
    }
  }

  func stage(_ chunk: ChunkIndex) { orders.send(.stage(chunk)) }
  func commit(_ step: Step, note: [UInt8]) { orders.send(.commit(step, note: note)) }
  func rotate() { orders.send(.rotate) }
  func drop(through step: Step, newestCheckpoint: Step) {
    orders.send(.drop(through: step, newestCheckpoint: newestCheckpoint))
  }

  /// Returns when everything ordered is done.
  func close() {
    orders.close()
    thread?.join()
  }

  private func execute(_ order: Order) {
    switch order {
    case .stage(let chunk):
      writer.stage(chunk, UnsafeBufferPointer(sum[grid.range(of: chunk)]))
    case .commit(let step, let note):
      do {
        try writer.commit(step, note: note, sum: sum)
        tell(.committed(step, journalBytes: writer.byteCount(since: newestCheckpoint)))
      } catch {
        tell(.commitFailed(step, reason: "\(error)"))
      }
    case .rotate:
      // What cannot be begun now is begun by the next commit, which tells why when it cannot
      // either.
      try? writer.rotate()
    case .drop(let step, let newest):
      newestCheckpoint = newest
      // A segment too many does no harm; the next drop tries again.
      try? writer.drop(through: step)
    }
  }
}
