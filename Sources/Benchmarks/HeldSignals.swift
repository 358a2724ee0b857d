// Ctrl-C while something is there that must not stay behind.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// SIGINT, SIGTERM and SIGHUP wait from `init` to `release`, where they do what they always do.
/// For a process that has one thread; those that it starts hear them at once.
struct HeldSignals {
  private var held = sigset_t()
  private var before = sigset_t()

  init() {
    sigemptyset(&held)
    for number in [SIGINT, SIGTERM, SIGHUP] where !Signals.isIgnored(number) {
      sigaddset(&held, number)
    }
    pthread_sigmask(SIG_BLOCK, &held, &before)
  }

  /// Waits so long at most.
  /// - Returns: whether one waits to be released.
  func arrive(within time: Duration) -> Bool {
    var signals = held
    var limit = timespec(
      tv_sec: Int(time.components.seconds),
      tv_nsec: Int(time.components.attoseconds / 1_000_000_000))
    let number = sigtimedwait(&signals, nil, &limit)
    // It was taken, and is to have its effect later.
    if number > 0 { raise(number) }
    return number > 0
  }

  /// Ends the process if one came.
  func release() {
    var signals = before
    pthread_sigmask(SIG_SETMASK, &signals, nil)
  }
}
