// How other threads get the socket's thread out of its poll: an eventfd.

import CZeroMQ

#if canImport(Glibc)
  import Glibc
#endif

/// Set by any thread, cleared by the one that polls it.
final class EventFD: Sendable {
  let descriptor: Int32

  /// nil when the process has no descriptor left.
  init?() {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  func set() { _ = eventfd_write(descriptor, 1) }

  func clear() {
    var count: eventfd_t = 0
    _ = eventfd_read(descriptor, &count)
  }
}
