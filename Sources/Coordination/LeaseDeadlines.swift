// How long a lease may take before somebody else is asked as well.

import Foundations

/// Deadlines that follow the recent past: median plus `spread` median absolute deviations of the last
/// durations, between two bounds. Robust against the stragglers it is there to find.
public struct LeaseDeadlines: Sendable {
  public let shortest: Duration
  public let longest: Duration
  private var recent: [Duration] = []
  private var oldest = 0

  /// Durations remembered.
  public static let memory = 64
  /// Deviations above the median that count as late.
  public static let spread = 6.0

  public init(shortest: Duration, longest: Duration) {
    precondition(.zero < shortest && shortest <= longest)
    self.shortest = shortest
    self.longest = longest
  }

  public mutating func record(_ duration: Duration) {
    if recent.count < Self.memory {
      recent.append(duration)
    } else {
      recent[oldest] = duration
      oldest = (oldest + 1) % Self.memory
    }
  }

  /// How long a lease that starts now may take; `longest` until anything was recorded.
  public var allowance: Duration {
    guard !recent.isEmpty else { return longest }
    let seconds = recent.map(\.seconds)
    let middle = Self.median(seconds)
    let deviation = Self.median(seconds.map { abs($0 - middle) })
    // A floor of a tenth of the median keeps a perfectly regular past from calling a hiccup late.
    let allowed = middle + Self.spread * max(deviation, 0.1 * middle)
    return min(max(.nanoseconds(Int64(allowed * 1e9)), shortest), longest)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
  }
}
