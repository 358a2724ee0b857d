// How often values occur, for quantiles: exact for integers, by the upper half of their bits for
// floats. Counts add up, so that no order of the pixels and no division of the work shows.

import Basics

/// Counts of the values of one band.
package struct ValueHistogram: Hashable, Sendable {
  package let type: PixelType
  /// By value, ascending: of an integer all values of its type, of a float the upper 16 bits of its
  /// ordered pattern (negative ones inverted, so that patterns sort as values do).
  package private(set) var counts: [Int]

  package init(_ type: PixelType) {
    self.type = type
    counts = [Int](repeating: 0, count: type == .uint8 ? 1 << 8 : 1 << 16)
  }

  package var total: Int { counts.reduce(0, +) }

  /// Adds the values whose mask is not 0.
  /// - Parameter values: one band in the type of the histogram, as many as mask entries; masked-in
  ///   ones are finite.
  package mutating func add(
    _ values: UnsafeRawBufferPointer, where mask: UnsafeBufferPointer<UInt8>
  ) {
    precondition(values.count == mask.count * type.byteCount)
    switch type {
    case .uint8: count(values.assumingMemoryBound(to: UInt8.self), mask) { Int($0) }
    case .uint16: count(values.assumingMemoryBound(to: UInt16.self), mask) { Int($0) }
    case .int16: count(values.assumingMemoryBound(to: Int16.self), mask) { Int($0) + 1 << 15 }
    case .float32:
      count(values.assumingMemoryBound(to: UInt32.self), mask) { pattern in
        Int((pattern >> 31 == 0 ? pattern | 1 << 31 : ~pattern) >> 16)
      }
    }
  }

  /// Pixels that are looked at together: mostly all of them are counted, or none.
  private static let tile = 64

  @inline(__always)
  private mutating func count<Value>(
    _ values: UnsafeBufferPointer<Value>, _ mask: UnsafeBufferPointer<UInt8>,
    _ bin: (Value) -> Int
  ) {
    counts.withUnsafeMutableBufferPointer { counts in
      for start in stride(from: 0, to: mask.count, by: Self.tile) {
        let end = min(mask.count, start + Self.tile)
        let seen = FlagBytes.countSet(mask.baseAddress! + start, end - start)
        if seen == 0 { continue }
        if seen == end - start {
          for index in start..<end { counts[bin(values[index])] &+= 1 }
        } else {
          for index in start..<end where mask[index] != 0 { counts[bin(values[index])] &+= 1 }
        }
      }
    }
  }

  /// Adds to one bin what another process has counted.
  package mutating func add(_ count: Int, toBin bin: Int) { counts[bin] += count }

  /// Adds what another one of the type has counted.
  package mutating func merge(_ other: ValueHistogram) {
    precondition(type == other.type)
    for bin in counts.indices { counts[bin] += other.counts[bin] }
  }

  /// Values below which the shares lie: between the two nearest values in order, as numpy's
  /// `quantile` does by default. In a float's bin values are taken for evenly spread.
  /// - Returns: nil where nothing was counted.
  package func quantiles() -> BandQuantiles? {
    let total = self.total
    if total == 0 { return nil }
    let found = [0.01, 0.25, 0.5, 0.75, 0.99].map { share -> Double in
      let rank = share * Double(total - 1)
      let below = Int(rank.rounded(.down))
      let lower = value(at: below)
      let upper = below + 1 < total ? value(at: below + 1) : lower
      return lower + (upper - lower) * (rank - Double(below))
    }
    return BandQuantiles(
      percent1: found[0], percent25: found[1], median: found[2], percent75: found[3],
      percent99: found[4])
  }

  /// The value at a place of the sorted values.
  private func value(at place: Int) -> Double {
    var before = 0
    for (bin, count) in counts.enumerated() where count > 0 {
      if place < before + count {
        let (low, high) = bounds(of: bin)
        return low + (high - low) * (Double(place - before) + 0.5) / Double(count)
      }
      before += count
    }
    preconditionFailure("place \(place) of \(before) values")
  }

  /// The value in the middle of a bin.
  package func middle(of bin: Int) -> Double {
    let (low, high) = bounds(of: bin)
    return low / 2 + high / 2
  }

  /// Of a bin: equal for an integer.
  private func bounds(of bin: Int) -> (Double, Double) {
    switch type {
    case .uint8, .uint16: return (Double(bin), Double(bin))
    case .int16: return (Double(bin - 1 << 15), Double(bin - 1 << 15))
    case .float32:
      let first = UInt32(bin) << 16
      let ends = [first, first | 0xFFFF].map { ordered -> Double in
        Double(Float(bitPattern: ordered >> 31 == 1 ? ordered & ~(1 << 31) : ~ordered))
      }
      return (ends[0], ends[1])
    }
  }
}
