// A value under a lock that threads can wait on.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// State that several threads change, and wait for changes of.
///
/// `@unchecked Sendable`: `state` is touched only while `mutex` is held.
final class Guarded<State>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Changes the state and lets every waiter look at it again.
  func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Calls `attempt` now and after every change until it gives something; nil when `deadline` passes first.
  func wait<Result>(until deadline: Instant, _ attempt: (inout State) -> Result?) -> Result? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var time = timespec(
      tv_sec: Int(deadline.nanoseconds / 1_000_000_000),
      tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
    while true {
      if let result = attempt(&state) { return result }
      if pthread_cond_timedwait(changed, mutex, &time) == ETIMEDOUT { return attempt(&state) }
    }
  }
}

extension Instant {
  /// `duration` from now; a negative one is none, and a century stands for all that is longer.
  static func after(_ duration: Duration) -> Instant {
    monotonicNow() + min(max(duration, .zero), .seconds(3_153_600_000))
  }
}
