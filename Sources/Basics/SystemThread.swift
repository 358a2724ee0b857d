// Threads of the system. Each start is looked at: one that failed unseen would be waited for
// without an end.

#if canImport(Glibc)
  import Glibc
#endif

/// A thread that the system did not give.
package struct ThreadError: SystemError, CustomStringConvertible {
  package let name: String
  package let code: Int32

  package init(name: String, code: Int32) {
    self.name = name
    self.code = code
  }

  package var shortage: Shortage? { Shortage(code: code) }

  package var description: String {
    let why = shortage.map { "; \($0.explanation)" } ?? ""
    return "cannot start the thread '\(name)': \(String(cString: strerror(code)))\(why)"
  }
}

/// A thread under way.
package struct SystemThread: Sendable {
  private let thread: pthread_t
  private let hasEnded: Monitor<Bool>

  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// Stacks as Linux gives them by default, whatever `ulimit -s` says.
  static let stackBytes = 8 << 20

  /// Runs `body` on a new thread, which takes no signals: those are for the main thread.
  /// - Parameter name: what errors call it.
  package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    var thread = pthread_t()
    let hasEnded = Monitor(false)
    let argument = Unmanaged.passRetained(
      Body {
        body()
        hasEnded.withLock { $0 = true }
      })
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, argument.toOpaque())
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    pthread_attr_destroy(&attributes)
    if code != 0 {
      argument.release()
      throw ThreadError(name: name, code: code)
    }
    self.thread = thread
    self.hasEnded = hasEnded
  }

  /// From now on the calling thread has the least share of a processor that others want, too: about
  /// a seventieth of what a thread of the usual priority has. (It is not left without any: whoever
  /// asks whether a run is there must be answered on a busy machine, if late.)
  package static func yieldToOthers() {
    // On Linux a thread has a niceness of its own, and 0 is the one that calls.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, leastNice)
  }

  private static let leastNice: Int32 = 19

  /// Looks whether so many threads more could be started now: libraries that start their own end
  /// the process where they cannot.
  package static func ensure(_ count: Int, for name: String) throws(ThreadError) {
    let isDone = Monitor(false)
    var threads: [SystemThread] = []
    defer {
      isDone.withLock { $0 = true }
      for thread in threads { thread.join() }
    }
    for _ in 0..<count { threads.append(try SystemThread(name) { isDone.wait { $0 ? () : nil } }) }
  }

  /// Returns when the thread has ended. Each thread is joined or detached, once.
  package func join() { pthread_join(thread, nil) }

  /// As `join`, for so long at most; a thread that has not ended goes on, detached.
  /// - Returns: whether it has ended.
  @discardableResult
  package func join(timeout: Duration) -> Bool {
    guard hasEnded.wait(until: .after(timeout), { $0 ? true : nil }) ?? false else {
      detach()
      return false
    }
    join()
    return true
  }

  /// For a thread that nobody joins: nothing is kept of it once it has ended.
  package func detach() { pthread_detach(thread) }
}
