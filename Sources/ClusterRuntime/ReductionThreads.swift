// The threads that add gradients up, so that the coordinator's loop never waits for arithmetic.

import Basics
import Coordination
import Synchronization
import TrainingRun
import Transport

/// Carries out additions: of each chunk one after the other in the order in which they were asked
/// for, of different chunks on all processors. What comes of them is taken by the loop, which is
/// woken.
///
/// Bounded by the chunks of the model: of each, the core asks for one addition at a time, and once
/// more where it begins a step anew, or computes a microbatch again, while one is under way.
final class ReductionThreads: Sendable {
  /// What came of an addition.
  struct Result: Sendable {
    let event: CoordinatorEvent
    let seconds: Double
  }

  private struct State {
    /// Asked for and not carried out.
    var open = 0
    var results: [Result] = []
  }

  private let state = Monitor(State())
  /// One for each thread.
  private let queues: [BlockingQueue<ReductionOrder>]

  /// More than memory can feed is of no use.
  private static let threadLimit = 16

  /// - Parameters:
  ///   - journal: gets the chunks that are complete; nil where none is kept.
  ///   - endpoint: where the loop waits.
  /// - Throws: `ThreadError`.
  init(
    for store: ParameterStore, processors: Int, journal: JournalThread?, wakes endpoint: Endpoint
  ) throws(ThreadError) {
    let count = max(1, min(processors, Self.threadLimit, store.grid.chunkCount))
    let queues = (0..<count).map { _ in
      BlockingQueue<ReductionOrder>(capacity: 2 * store.grid.chunkCount)
    }
    self.queues = queues
    for queue in queues {
      try SystemThread("reduction") { [state] in
        let reduction = SumReduction(store, keepsJournal: journal != nil)
        while let order = queue.receive(timeout: nil) {
          let began = Instant.monotonicNow()
          let outcome = reduction.execute(order)
          if outcome.completesChunk { journal?.write(.stage(order.chunk)) }
          let seconds = (Instant.monotonicNow() - began).seconds
          state.withLock {
            $0.open -= 1
            $0.results.append(Result(event: outcome.event, seconds: seconds))
          }
          endpoint.interrupt()
        }
      }.detach()
    }
  }

  /// Waits only where that happens for the second time before an addition has ended.
  func add(_ order: ReductionOrder) {
    state.withLock { $0.open += 1 }
    queues[order.chunk.index % queues.count].send(order)
  }

  /// What came of additions since the last call.
  func takeResults() -> [Result] {
    state.withLock { state in
      defer { state.results = [] }
      return state.results
    }
  }

  /// Returns when all that was asked for is carried out: the sum may be read and replaced.
  func wait() { state.wait { $0.open == 0 ? () : nil } }

  /// Ends the threads, after what they were asked for.
  func close() {
    for queue in queues { queue.close() }
    wait()
  }
}
