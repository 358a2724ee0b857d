// How far a probe has come: a bar for each of its parts, on a terminal alone.

import Basics
import Observability
import Synchronization

/// May be told by any thread.
package final class ProbeProgress: Sendable {
  private struct Part {
    var title: String
    var bar: ProgressBar
    var done: Int
  }

  private let console: Console
  private let part = Mutex<Part?>(nil)

  package init(console: Console = Console()) { self.console = console }

  /// - Parameters:
  ///   - title: of the part; another one begins another bar.
  ///   - total: how much there is to do.
  ///   - unit: what is counted, in the plural.
  package func tell(_ title: String, _ done: Int, of total: Int, _ unit: String) {
    let now = Instant.monotonicNow()
    part.withLock { part in
      let known = part.flatMap { $0.title == title ? $0 : nil }
      var current =
        known
        ?? Part(
          title: title,
          bar: ProgressBar(
            title: title, total: total, unit: unit, console: console, startingAt: now),
          done: 0)
      // Threads come out of order.
      current.done = max(current.done, done)
      current.bar.update(done: current.done, at: now)
      part = current
    }
  }

  /// Takes the bar away.
  package func clear() { console.finish(keepingLine: false) }
}
