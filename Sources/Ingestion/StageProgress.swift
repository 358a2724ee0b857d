// How far a stage is, counted by several threads.

import Basics
import Observability
import Synchronization

/// A bar on the terminal that any thread may move on.
final class StageProgress: Sendable {
  private let bar: ProgressBar
  private let done: Atomic<Int>

  init(_ title: String, total: Int, done: Int, unit: String) {
    bar = ProgressBar(
      title: title, total: total, unit: unit, console: Console(), startingAt: .monotonicNow())
    self.done = Atomic(done)
  }

  func advance(by count: Int) {
    bar.update(done: done.add(count, ordering: .relaxed).newValue, at: .monotonicNow())
  }

  func finish() { bar.finish() }
}
