// Who asks this process to stop: signals, and the launcher that started it. From the process' first
// instructions on, also while it loads for minutes.

import Basics
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Listens until the process ends. To be made before any other thread: those that come later
/// inherit that signals are left to this one.
///
/// A launcher holds the other end of its processes' standard input. A byte on it is a request to
/// stop, and its end is the launcher's, however that died. (A parent's number says less: it changes
/// unseen before it is first asked for, and a signal on the parent's death is one on the death of
/// the thread that started this process.)
package final class StopListener: Sendable {
  private struct State {
    var requests = StopRequests()
    var launcherIsGone = false
    var noWorkerIsLeft = false
    /// Nil while the process begins and has nothing to put in order: then a request ends it.
    var handler: (@Sendable () -> Void)?
  }

  /// What terminals, schedulers and limits of processor time send to who is to stop.
  private static let requests = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXCPU]

  private let state = Mutex(State())
  /// Whether a launcher started this process.
  let isSupervised: Bool
  private let statusAtBeginning: ExitStatus
  private let onChildEnd: (@Sendable () -> Void)?

  /// - Parameters:
  ///   - isSupervised: whether a launcher started this process. It passes the terminal's Ctrl-C on,
  ///     which comes here too and is the same request.
  ///   - status: with which a request ends the process before `handOver`.
  ///   - onChildEnd: called when a child of this process may have ended.
  /// - Throws: `ThreadError`.
  package init(
    isSupervised: Bool = false, status: ExitStatus, onChildEnd: (@Sendable () -> Void)? = nil
  ) throws {
    // Before anything else of the run, too.
    try ProcessNeeds.check()
    FreedMemory.keep()
    statusAtBeginning = status
    self.onChildEnd = onChildEnd
    self.isSupervised = isSupervised
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow is an error of the write, like a full disk.
    signal(SIGXFSZ, SIG_IGN)
    // Whoever started the program with one of them ignored (nohup, a shell's background job) wants
    // it to outlive that.
    var awaited = Self.requests.filter { !Signals.isIgnored($0) }
    if onChildEnd != nil {
      signal(SIGCHLD, SIG_DFL)
      awaited.append(SIGCHLD)
    }
    var set = sigset_t()
    sigemptyset(&set)
    for number in awaited { sigaddset(&set, number) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
    let signals = set
    try SystemThread("signals") { [self] in awaitSignals(signals) }.detach()
    if isSupervised { try SystemThread("launcher") { [self] in awaitLauncher() }.detach() }
  }

  /// From now on `handler` is called for each request, on another thread.
  package func handOver(to handler: @escaping @Sendable () -> Void) {
    state.withLock { $0.handler = handler }
  }

  /// Whether a launcher asked for want of workers.
  var noWorkerIsLeft: Bool { state.withLock { $0.noWorkerIsLeft } }

  var launcherIsGone: Bool { state.withLock { $0.launcherIsGone } }

  private func awaitSignals(_ signals: sigset_t) {
    var signals = signals
    while true {
      var number: Int32 = 0
      guard sigwait(&signals, &number) == 0 else { continue }
      switch number {
      case SIGCHLD: onChildEnd?()
      case SIGXCPU: take(.processorTime)
      default: take(.signal)
      }
    }
  }

  private func awaitLauncher() {
    var byte: UInt8 = 0
    while true {
      let count = read(STDIN_FILENO, &byte, 1)
      if count > 0 {
        if LauncherWord(rawValue: byte) == .noWorkerIsLeft {
          state.withLock { $0.noWorkerIsLeft = true }
        }
        take(.launcher)
      } else if count == 0 || errno != EINTR {
        return take(.launcherGone)
      }
    }
  }

  private func take(_ way: StopRequests.Way) {
    let handler = state.withLock { state -> (@Sendable () -> Void)? in
      if way == .launcherGone { state.launcherIsGone = true }
      let isNew = state.requests.isNew(way, at: .monotonicNow())
      guard let handler = state.handler else {
        // The folder of a new run may be there, and then the same command would begin another.
        let advice =
          statusAtBeginning == .stopped
          ? ". Where the run's folder was made already, go on with --resume" : ""
        StandardStreams.say("stopped before it had begun its work; nothing is lost\(advice)")
        // As sudden as kill -9, from which every run recovers.
        _exit(statusAtBeginning.rawValue)
      }
      return isNew ? handler : nil
    }
    handler?()
  }
}
