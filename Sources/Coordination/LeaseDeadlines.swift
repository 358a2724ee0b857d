// How long a lease may take before somebody else is asked as well.

import Basics

/// The recent durations of something, oldest forgotten first.
struct RecentDurations: Sendable {
  let capacity: Int
  private var seconds: [Double] = []
  private var oldest = 0

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { seconds.count }

  mutating func record(_ duration: Double) {
    if seconds.count < capacity {
      seconds.append(duration)
    } else {
      seconds[oldest] = duration
      oldest = (oldest + 1) % capacity
    }
  }

  /// Nil until anything was recorded.
  var median: Double? { seconds.median }

  /// Median plus `spread` median absolute deviations; robust against the stragglers it is there to
  /// find. Nil until anything was recorded.
  func upperBound(spread: Double) -> Double? {
    guard let median else { return nil }
    let deviation = seconds.map { abs($0 - median) }.median ?? 0
    // A floor of a tenth of the median keeps a perfectly regular past from calling a hiccup late.
    return median + spread * max(deviation, 0.1 * median)
  }
}

/// Deadlines that follow the recent durations of the worker and of all, between two bounds.
package struct LeaseDeadlines: Sendable {
  let shortest: Duration
  let longest: Duration
  private var all = RecentDurations(capacity: memory)
  private var own: [WorkerID: RecentDurations] = [:]

  /// Durations remembered of all workers.
  package static let memory = 64
  /// Durations remembered of one.
  package static let ownMemory = 16
  /// Durations of a worker before its own past counts.
  package static let ownMinimum = 4
  /// Deviations above the median that count as late.
  package static let spread = 6.0
  /// A slow worker is waited for this many times as long as the others at most.
  package static let indulgence = 3.0

  package init(shortest: Duration, longest: Duration) {
    precondition(.zero < shortest && shortest <= longest)
    self.shortest = shortest
    self.longest = longest
  }

  package mutating func record(_ duration: Duration, of worker: WorkerID) {
    all.record(duration.seconds)
    own[worker, default: RecentDurations(capacity: Self.ownMemory)].record(duration.seconds)
  }

  package mutating func forget(_ worker: WorkerID) { own[worker] = nil }

  /// How long a lease of the worker that starts now may take; `longest` until anything was
  /// recorded.
  package func timeout(for worker: WorkerID) -> Duration {
    guard let common = all.upperBound(spread: Self.spread) else { return longest }
    var seconds = common
    if let past = own[worker], past.count >= Self.ownMinimum,
      let usual = past.upperBound(spread: Self.spread)
    {
      seconds = min(max(usual, common), Self.indulgence * common)
    }
    return min(max(.nanoseconds(Int64(seconds * 1e9)), shortest), longest)
  }
}
