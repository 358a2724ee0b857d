// What a launcher says to the processes that it started. Not for what processes of a run say to
// each other: that is Wire's.

/// A byte on a process' standard input. Each is a request to stop; see `StopListener`.
enum LauncherWord: UInt8, Sendable {
  /// Somebody wants it.
  case stop = 1
  /// Every worker ended and is not started again.
  case noWorkerIsLeft = 2
}
