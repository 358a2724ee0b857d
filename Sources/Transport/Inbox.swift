// What the socket's thread has received and the owner has not taken yet.

import Foundations

/// A mailbox bounded by bytes. It is the socket's thread that keeps the bound: it reads only while `hasRoom`.
final class Inbox: Sendable {
  private struct State {
    var waiting = Queue<(event: Received, bytes: Int)>()
    var bytes = 0
    var isReaderPaused = false
    var isInterrupted = false
    var isClosed = false
  }

  private let limitBytes: Int
  private let wakeUp: WakeUp
  private let state = Guarded(State())

  /// An event costs this much beside its frames, so that small messages are bounded too.
  private static let eventBytes = 256

  init(limitBytes: Int, wakeUp: WakeUp) {
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

  /// The next event; nil when `timeout` passes, on `interrupt` and after `close`.
  func take(timeout: Duration) -> Received? {
    let taken = state.wait(until: .after(timeout)) { state -> (Received?, isRoomMade: Bool)? in
      if let (event, bytes) = state.waiting.removeFirst() {
        state.bytes -= bytes
        let isRoomMade = state.isReaderPaused && state.bytes < limitBytes
        if isRoomMade { state.isReaderPaused = false }
        return (event, isRoomMade)
      }
      if state.isClosed || state.isInterrupted {
        state.isInterrupted = false
        return (nil, false)
      }
      return nil
    }
    if taken?.isRoomMade == true { wakeUp.set() }
    return taken?.0
  }

  func interrupt() { state.withLock { $0.isInterrupted = true } }

  func close() { state.withLock { $0.isClosed = true } }
}
