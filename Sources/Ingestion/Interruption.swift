// Signals that ask the program to stop: it goes on to a place where what it made can be removed,
// and then ends by the signal, as it would have without this.

import Basics
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Watches for SIGINT, SIGTERM and SIGHUP for as long as it lives; those that whoever started the
/// program had ignored stay so. A second signal ends the program at once.
package final class Interruption {
  private final class Received: Sendable {
    let signal = Atomic<Int32>(0)
  }

  private let received = Received()
  private let sources: [any DispatchSourceSignal]

  package init() {
    // A pipe that nobody reads and a file that may not grow are errors of the write.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let queue = DispatchQueue(label: "terrane-ingest.signals")
    sources = [SIGINT, SIGTERM, SIGHUP].filter { !Signals.isIgnored($0) }.map { [received] number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if received.signal.exchange(number, ordering: .relaxed) != 0 { Self.end(by: number) }
      }
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }

  /// - Throws: `IngestError.interrupted` once a signal has come.
  package func check() throws {
    let number = received.signal.load(ordering: .relaxed)
    if number != 0 { throw IngestError.interrupted(signal: number) }
  }

  /// Ends the program the way the signal does to those that do not watch for it.
  package static func end(by number: Int32) {
    signal(number, SIG_DFL)
    // Dispatch takes signals in its own way and blocks them.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(number)
  }
}
