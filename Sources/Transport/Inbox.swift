// What the socket's thread has received and the owner has not taken yet.

import Basics

/// A queue bounded by bytes. It is the socket's thread that keeps the bound: it reads only while
/// `hasRoom`.
final class Inbox: Sendable {
  private struct State {
    var waiting = Queue<(event: Received, bytes: Int)>()
    var bytes = 0
    /// Peers of whom only the end is still told.
    var silenced: Set<Peer?> = []
    var isReaderPaused = false
    var isInterrupted = false
    var isClosed = false

    func isSilenced(_ event: Received) -> Bool {
      switch event {
      case .message(let peer, _), .refused(let peer, _): silenced.contains(peer)
      case .connected, .disconnected, .trouble, .turnedAway: false
      }
    }
  }

  private let limitBytes: Int
  private let wakeUp: EventFD
  private let state = Monitor(State())

  /// An event costs this much beside its frames, so that small messages are bounded too.
  private static let eventBytes = 256

  init(limitBytes: Int, wakeUp: EventFD) {
    self.limitBytes = limitBytes
    self.wakeUp = wakeUp
  }

  /// Whether the socket may be read. When not, the next `take` that makes room wakes its thread.
  func hasRoom() -> Bool {
    state.withLock {
      $0.isReaderPaused = $0.bytes >= limitBytes
      return !$0.isReaderPaused
    }
  }

  func put(_ event: Received) {
    var bytes = Self.eventBytes
    if case .message(_, let frames) = event { bytes += frames.reduce(0) { $0 + $1.count } }
    state.withLock {
      $0.waiting.append((event, bytes))
      $0.bytes += bytes
    }
  }

  /// Drops what came and still comes of the peer, up to the news of its going.
  func silence(_ peer: Peer?) { state.withLock { _ = $0.silenced.insert(peer) } }

  /// The next event; nil when `timeout` passes, on `interrupt` and after `close`.
  func take(timeout: Duration) -> Received? {
    let taken = state.wait(until: .after(timeout)) { state -> Received?? in
      while let (event, bytes) = state.waiting.removeFirst() {
        state.bytes -= bytes
        if state.isReaderPaused && state.bytes < limitBytes {
          state.isReaderPaused = false
          wakeUp.set()
        }
        if state.isSilenced(event) { continue }
        if case .disconnected(let peer) = event { state.silenced.remove(peer) }
        return event
      }
      guard state.isClosed || state.isInterrupted else { return nil }
      state.isInterrupted = false
      return .some(nil)
    }
    return taken ?? nil
  }

  func interrupt() { state.withLock { $0.isInterrupted = true } }

  func close() { state.withLock { $0.isClosed = true } }
}
