// Statistics of all bands of a chip at once: the bits that `RunningStatistics.add` gives band by
// band, in less time. Raw bytes are bound to the type that the layout says they have.

import Basics

/// What each band of a chip holds.
package enum BandStatistics {
  /// Of the pixels whose mask is not 0.
  /// - Parameters:
  ///   - pixels: (bands, side, side) in the layout's type; finite where the mask is not 0.
  ///   - mask: (side, side).
  /// - Precondition: sizes are the layout's.
  package static func of(
    _ pixels: UnsafeRawBufferPointer, _ layout: ChipLayout, where mask: UnsafeBufferPointer<UInt8>
  ) -> [RunningStatistics] {
    precondition(pixels.count == layout.pixelBytes && mask.count == layout.pixelsPerBand)
    return switch layout.pixelType {
    case .uint8: integers(pixels.assumingMemoryBound(to: UInt8.self), mask)
    case .uint16: integers(pixels.assumingMemoryBound(to: UInt16.self), mask)
    case .int16: integers(pixels.assumingMemoryBound(to: Int16.self), mask)
    case .float32:
      // Their sums are not exact, so that none but the one order gives the bits.
      (0..<layout.bandCount).map { band in
        var statistics = RunningStatistics()
        let values = pixels.assumingMemoryBound(to: Float.self)
        statistics.add(
          UnsafeBufferPointer(rebasing: values[band * mask.count..<(band + 1) * mask.count]),
          where: mask
        ) { Double($0) }
        return statistics
      }
    }
  }

  /// Bands whose squares are summed side by side: a sum in one order waits for each addition, and
  /// several sums wait together.
  private static let bandsAtOnce = 4
  /// Pixels whose squares are computed before they are summed.
  private static let tile = 64
  /// Values whose sum fits into 32 bits: 2¹⁴ of 16 bits each.
  private static let exactRun = 1 << 14

  private static func integers<Value: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Value>, _ mask: UnsafeBufferPointer<UInt8>
  ) -> [RunningStatistics] {
    let bandCount = values.count / mask.count
    let bands = (0..<bandCount).map { values.baseAddress! + $0 * mask.count }
    let count = FlagBytes.countSet(mask.baseAddress!, mask.count)
    if count == 0 { return Array(repeating: RunningStatistics(), count: bandCount) }
    let totals = bands.map { Totals($0, mask) }
    let means = totals.map { Double($0.sum) / Double(count) }
    return stride(from: 0, to: bandCount, by: bandsAtOnce).flatMap { first in
      let group = first..<min(first + bandsAtOnce, bandCount)
      let squares = squares(Array(bands[group]), means: Array(means[group]), mask)
      return group.map { band in
        RunningStatistics(
          count: count, mean: means[band], squares: squares[band - first],
          minimum: Double(totals[band].minimum), maximum: Double(totals[band].maximum))
      }
    }
  }

  // The loops below have neither branches nor sums that could trap: the compiler makes vector
  // instructions of them.

  /// Of one band, exact: below 2⁵³, where the sum of doubles in any order is exact too.
  private struct Totals<Value: FixedWidthInteger> {
    var sum = 0
    var minimum = Int32.max
    var maximum = Int32.min

    @inline(__always)
    init(_ band: UnsafePointer<Value>, _ mask: UnsafeBufferPointer<UInt8>) {
      for start in stride(from: 0, to: mask.count, by: exactRun) {
        let (values, isSeen) = (band + start, mask.baseAddress! + start)
        var (part, low, high): (Int32, Int32, Int32) = (0, minimum, maximum)
        for index in 0..<min(exactRun, mask.count - start) {
          let value = Int32(truncatingIfNeeded: values[index])
          let seen: Int32 = isSeen[index] == 0 ? 0 : 1
          // What is not seen lies beyond all values of 16 bits.
          let beyond = (1 &- seen) &<< 16
          part &+= value &* seen
          low = min(low, value &+ beyond)
          high = max(high, value &- beyond)
        }
        sum += Int(part)
        (minimum, maximum) = (low, high)
      }
    }
  }

  /// Σ (v − mean)² of up to four bands, each in the order of its pixels. A pixel that takes no part
  /// adds 0, which changes no sum.
  @inline(__always)
  private static func squares<Value: FixedWidthInteger>(
    _ bands: [UnsafePointer<Value>], means: [Double], _ mask: UnsafeBufferPointer<UInt8>
  ) -> SIMD4<Double> {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: bandsAtOnce * tile) { squares in
      // (bands, pixels of a tile)
      squares.initialize(repeating: 0)
      var sums = SIMD4<Double>.zero
      for start in stride(from: 0, to: mask.count, by: tile) {
        let count = min(tile, mask.count - start)
        let isSeen = mask.baseAddress! + start
        if FlagBytes.countSet(isSeen, count) == 0 { continue }
        for (band, mean) in means.enumerated() {
          let (values, row) = (bands[band] + start, squares.baseAddress! + band * tile)
          for index in 0..<count {
            let difference = Double(Int32(truncatingIfNeeded: values[index])) - mean
            row[index] = isSeen[index] == 0 ? 0 : difference * difference
          }
        }
        let first = squares.baseAddress!
        for index in 0..<count {
          sums += SIMD4(
            first[index], first[tile &+ index], first[2 &* tile &+ index],
            first[3 &* tile &+ index])
        }
      }
      return sums
    }
  }
}
