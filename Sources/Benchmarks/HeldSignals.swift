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
    let number = take(within: time)
    if number > 0 { raise(number) }
    return number > 0
  }

  /// Ends the process if one came, also where whoever started it left signals blocked.
  func release() {
    let number = take(within: .zero)
    var signals = number > 0 ? held : before
    pthread_sigmask(number > 0 ? SIG_UNBLOCK : SIG_SETMASK, &signals, nil)
    if number > 0 { raise(number) }
  }

  /// The number of one that came, which then waits no more.
  private func take(within time: Duration) -> Int32 {
    var signals = held
    var limit = timespec(
      tv_sec: Int(time.components.seconds),
      tv_nsec: Int(time.components.attoseconds / 1_000_000_000))
    return sigtimedwait(&signals, nil, &limit)
  }
}
