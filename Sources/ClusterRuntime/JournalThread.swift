// The thread that writes the journal, so that the disk never holds up the coordinator's loop.

import Basics
import Coordination
import Synchronization
import TrainingRun

/// Carries out orders one after another.
///
/// `@unchecked Sendable`: the thread alone touches the keeper, `thread` is written by `init` and
/// read by `close`, and orders go through a queue.
final class JournalThread: @unchecked Sendable {
  private let keeper: JournalKeeper
  private let orders: BlockingQueue<JournalOrder>
  private let isAbandoned = Atomic<Bool>(false)
  private var thread: SystemThread?

  /// - Parameters:
  ///   - chunkCount: of the run's parameters.
  ///   - tell: called on this thread with what came of a commit.
  /// - Throws: `ThreadError`.
  init(
    _ keeper: JournalKeeper, chunkCount: Int, tell: @escaping @Sendable (CoordinatorEvent) -> Void
  ) throws {
    self.keeper = keeper
    // The sums of all computations of one step, those of a skip, and some to spare: the loop
    // never waits for room.
    orders = BlockingQueue(capacity: 6 * chunkCount + 64)
    thread = try SystemThread("journal") { [self] in
      while let order = orders.receive(timeout: nil) {
        if isAbandoned.load(ordering: .relaxed) { continue }
        if let event = self.keeper.execute(order) { tell(event) }
      }
    }
  }

  func write(_ order: JournalOrder) { orders.send(order) }

  /// Makes `close` pass over what was not begun: the folder is somebody else's.
  func abandon() { isAbandoned.store(true, ordering: .relaxed) }

  /// Returns when everything ordered is done.
  func close() {
    orders.close()
    thread?.join()
  }
}
