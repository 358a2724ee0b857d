// Time as the pure cores see it: a reading handed in, never taken.

#if canImport(Glibc)
  import Glibc
#endif

/// Nanoseconds of a monotonic clock since an arbitrary start. Comparable within one process only.
///
/// Inlinable, as all events of a simulation are sorted by it.
package struct Instant: Hashable, Comparable, Sendable {
  package let nanoseconds: Int64

  @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  @inlinable package static func == (a: Instant, b: Instant) -> Bool {
    a.nanoseconds == b.nanoseconds
  }

  @inlinable package static func < (a: Instant, b: Instant) -> Bool {
    a.nanoseconds < b.nanoseconds
  }

  @inlinable package static func + (instant: Instant, duration: Duration) -> Instant {
    Instant(nanoseconds: instant.nanoseconds + duration.nanoseconds)
  }

  @inlinable package static func - (later: Instant, earlier: Instant) -> Duration {
    .nanoseconds(later.nanoseconds - earlier.nanoseconds)
  }

  /// `duration` from now; a negative one is none, and a century stands for all that is longer.
  package static func after(_ duration: Duration) -> Instant {
    monotonicNow() + min(max(duration, .zero), .seconds(3_153_600_000))
  }

  /// The reading of this machine's monotonic clock.
  package static func monotonicNow() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}

extension Duration {
  /// Whole nanoseconds; durations of a run are far below the 292 years that fit.
  @inlinable package var nanoseconds: Int64 {
    Int64(attoseconds / 1_000_000_000)
  }

  @inlinable package var seconds: Double { Double(nanoseconds) * 1e-9 }
}
