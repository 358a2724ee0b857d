// Signals that ask a process to stop, turned into calls on an ordinary thread.

import Dispatch

#if canImport(Glibc)
  import Glibc
#endif

/// Calls a handler for SIGINT and SIGTERM for as long as it lives.
final class SignalWatch {
  private let sources: [any DispatchSourceSignal]

  /// - Parameter ignoresInterrupt: for a process under a supervisor, which gets the terminal's Ctrl-C too and
  ///   passes on what it makes of it.
  init(ignoresInterrupt: Bool = false, _ handler: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "terrane.signals")
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow is an error of the write, like a full disk.
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_IGN)
    let watched = ignoresInterrupt ? [SIGTERM] : [SIGINT, SIGTERM]
    sources = watched.map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: handler)
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }
}
