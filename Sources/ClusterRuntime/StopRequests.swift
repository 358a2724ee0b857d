// Which of the requests to stop is another one. Pure: the time is handed in.

import Basics

/// One wish to stop may arrive several times: a scheduler signals every process of a job, and the
/// launcher passes on what it got; `timeout` signals a process and then its whole group; a closing
/// terminal does it twice.
package struct StopRequests {
  /// How a request reaches this process.
  package enum Way: Hashable {
    case signal
    /// The system says that the processor time allowed here is used up, and says it again each
    /// second: one wish, however often it comes.
    case processorTime
    case launcher
    /// The launcher's end, after which nothing more comes of it.
    case launcherGone
  }

  /// Signals that follow within this time are echoes. Nobody presses Ctrl-C twice as fast.
  static let echo: Duration = .milliseconds(300)

  private var counts: [Way: Int] = [:]
  private var newestSignal: Instant?
  private var total = 0

  package init() {}

  /// Whether this is a request that has not come before on another way.
  package mutating func isNew(_ way: Way, at now: Instant) -> Bool {
    if way == .signal {
      if let newestSignal, now - newestSignal < Self.echo { return false }
      newestSignal = now
    }
    let count = way == .processorTime ? 1 : counts[way, default: 0] + 1
    counts[way] = count
    guard count > total else { return false }
    total = count
    return true
  }
}
