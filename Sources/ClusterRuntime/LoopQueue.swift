// What other threads of a process tell a loop that waits at an endpoint for messages.

import Basics
import Transport

/// A bounded queue of events; a loop at its endpoint wakes up for each.
final class LoopQueue<Event: Sendable>: Sendable {
  private let events: BlockingQueue<Event>
  private let endpoint: Endpoint

  /// - Parameter capacity: events that may wait.
  init(capacity: Int, wakes endpoint: Endpoint) {
    events = BlockingQueue(capacity: capacity)
    self.endpoint = endpoint
  }

  /// Hands an event over and gets the loop out of `Endpoint.receive`. Waits for room; nothing
  /// happens after `close`.
  func post(_ event: Event) {
    if events.send(event) { endpoint.interrupt() }
  }

  /// An event that waits; nil when there is none.
  func next() -> Event? { events.receive(timeout: .zero) }

  /// Nobody who posts waits any more, and nothing more is taken.
  func close() { events.close() }
}
