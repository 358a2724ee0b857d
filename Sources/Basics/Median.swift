// The middle of some numbers: what durations are summed up by, because stragglers do not move it.

extension Collection where Element == Double {
  /// The middle one; the mean of the two middle ones of an even number; nil of none.
  package var median: Double? {
    if isEmpty { return nil }
    // Of a concrete type: generic sorting over module borders takes many times as long.
    var sorted = [Double](self)
    sorted.sort()
    // Halves first: the sum of two may be beyond all numbers.
    return sorted[(count - 1) / 2] / 2 + sorted[count / 2] / 2
  }
}
