// How the programs end, as whoever started them sees it. Not for reasons: those are said in words.

/// The exit statuses of all commands; `terrane --help` and README.md list them. Those from 64 to 78
/// are the nearest relatives in `<sysexits.h>`.
package enum ExitStatus: Int32, CaseIterable, Sendable {
  case done = 0
  case failure = 1
  case usage = 64
  case diverged = 65
  case gaveUpWaiting = 69
  case runIsHeld = 73
  case stopped = 75
  case refused = 77
  case left = 79

  /// One line, for the help.
  package var meaning: String {
    switch self {
    case .done: "done; for train, coordinator and worker: all steps of the run"
    case .failure: "it failed, or what was asked for does not hold; a message says why"
    case .usage: "wrong usage"
    case .diverged: "the run has diverged: its numbers are not finite"
    case .gaveUpWaiting: "worker: no coordinator answered in time"
    case .runIsHeld: "another process is at work in the run's folder"
    case .stopped: "stopped on request; --resume goes on, nothing committed is lost"
    case .refused: "worker: the coordinator refused it"
    case .left: "worker: asked to leave, its time over, or its coordinator stopped early"
    }
  }

  /// A table of statuses and their meanings, a line each.
  package static func help(_ statuses: [ExitStatus] = allCases) -> String {
    statuses.map { "  \($0.rawValue)\($0.rawValue < 10 ? " " : "")  \($0.meaning)" }
      .joined(separator: "\n")
  }
}

/// An error that ends a program with a status of its own.
package protocol ErrorWithExitStatus: Error {
  var exitStatus: ExitStatus { get }
}
