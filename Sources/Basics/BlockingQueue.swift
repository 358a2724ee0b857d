// How threads of a process hand things to each other.

/// A bounded queue for any number of threads. A full one makes the sender wait: nothing is dropped.
package final class BlockingQueue<Element: Sendable>: Sendable {
  private struct State {
    var elements = Queue<Element>()
    var isClosed = false
  }

  private let capacity: Int
  private let state = Monitor(State())

  /// - Precondition: `capacity` is positive.
  package init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  /// Waits for room. False when the queue is closed: the element is gone then.
  @discardableResult
  package func send(_ element: Element) -> Bool {
    state.wait { state -> Bool? in
      if state.isClosed { return false }
      if state.elements.count >= capacity { return nil }
      state.elements.append(element)
      return true
    }
  }

  /// Waits for the next element.
  /// - Parameter timeout: how long; as long as it takes when nil.
  /// - Returns: nil when none came in time, or the queue is closed and empty.
  package func receive(timeout: Duration?) -> Element? {
    guard let timeout else { return state.wait(Self.next) }
    return state.wait(until: .after(timeout), Self.next) ?? nil
  }

  /// Nil while there is neither an element nor an end.
  private static func next(_ state: inout State) -> Element?? {
    if let element = state.elements.removeFirst() { return .some(element) }
    return state.isClosed ? .some(nil) : nil
  }

  /// Wakes everybody; what is inside can still be received.
  package func close() { state.withLock { $0.isClosed = true } }
}
