// The one place where a process' threads hand things to each other.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// A bounded queue. A full one makes the sender wait: nothing is dropped.
///
/// `@unchecked Sendable`: every field is read and written with `mutex` held.
final class Mailbox<Element: Sendable>: @unchecked Sendable {
  let capacity: Int
  private var elements: [Element] = []
  private var head = 0
  private var isClosed = false
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let hasElement = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let hasRoom = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(hasElement, &attributes)
    pthread_cond_init(hasRoom, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(hasElement)
    pthread_cond_destroy(hasRoom)
    pthread_mutex_destroy(mutex)
    hasElement.deallocate()
    hasRoom.deallocate()
    mutex.deallocate()
  }

  /// Waits for room. False when the mailbox is closed: the element is gone then.
  @discardableResult
  func send(_ element: Element) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while elements.count - head >= capacity && !isClosed { pthread_cond_wait(hasRoom, mutex) }
    if isClosed { return false }
    elements.append(element)
    pthread_cond_signal(hasElement)
    return true
  }

  /// The next element; nil when none came in time or the mailbox is closed and empty.
  func receive(timeout: Duration?) -> Element? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let deadline = timeout.map { Instant.monotonicNow() + $0 }
    while head == elements.count && !isClosed {
      guard let deadline else {
        pthread_cond_wait(hasElement, mutex)
        continue
      }
      var time = timespec(
        tv_sec: Int(deadline.nanoseconds / 1_000_000_000),
        tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
      if pthread_cond_timedwait(hasElement, mutex, &time) == ETIMEDOUT { break }
    }
    guard head < elements.count else { return nil }
    let element = elements[head]
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= capacity {
      elements.removeFirst(head)
      head = 0
    }
    pthread_cond_signal(hasRoom)
    return element
  }

  /// Wakes everybody; what is inside can still be received.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(hasElement)
    pthread_cond_broadcast(hasRoom)
    pthread_mutex_unlock(mutex)
  }
}
