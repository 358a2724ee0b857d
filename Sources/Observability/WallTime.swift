// The time of day, for records that people and other programs read. Nothing is decided by it:
// leases and timeouts go by `Instant`.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// Milliseconds since the beginning of 1970, UTC.
package struct WallTime: Hashable, Sendable, Codable, CustomStringConvertible {
  package let milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// - Parameter seconds: since the beginning of 1970; nil for what is not finite, and for what no
  ///   calendar has.
  package init?(seconds: Double) {
    guard abs(seconds) < Self.longestSeconds else { return nil }
    milliseconds = Int64((seconds * 1000).rounded())
  }

  /// 30,000 years.
  private static let longestSeconds = 1e12

  /// The reading of this machine's clock.
  package static func now() -> WallTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// Seconds since the beginning of 1970.
  package var seconds: Double { Double(milliseconds) / 1000 }

  /// "2026-11-22T00:31:07Z".
  package var description: String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int32) -> String { value.zeroPadded(to: 2) }
    let date = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
    let time = "\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))"
    return "\(date)T\(time)Z"
  }
}
