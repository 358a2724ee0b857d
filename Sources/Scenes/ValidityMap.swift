// Which pixels of a window are valid: what the bands' values say, by the rule for nodata, and what
// masks say. Bytes are bound to the type that the raster says they have.

import Basics

/// Gathers what hides the pixels of one window after another. Keeps its memory between them.
struct ValidityMap: ~Copyable {
  let bandCount: Int
  let rule: ReadingOptions.NodataRule
  var tally: ReadingTally
  /// Of each pixel, how many bands hold no data in it, and the last of them. Used only where some
  /// band does.
  private var counts = ScratchBuffer<UInt16>(count: 0)
  private var lastBands = ScratchBuffer<UInt16>(count: 0)
  private var isAnyNoted = false

  /// Values from 0 to this one may be measurements even where they are declared nodata.
  private static let largestMeasured = 65_535.0

  init(bandCount: Int, rule: ReadingOptions.NodataRule) {
    self.bandCount = bandCount
    self.rule = rule
    tally = ReadingTally(bandCount: bandCount)
  }

  /// Begins a window, all of it valid.
  mutating func begin(_ validity: UnsafeMutableBufferPointer<UInt8>) {
    validity.update(repeating: 1)
    isAnyNoted = false
    tally.pixels += validity.count
  }

  /// Notes where one band holds no data.
  /// - Parameters:
  ///   - raw: (height, width) of the window, in the raster's own type.
  ///   - nodata: the band's nodata values.
  ///   - validity: set to 0 where no other band can make the pixel valid.
  mutating func note(
    band: Int, _ raw: UnsafeRawBufferPointer, as type: RawType, nodata: [Double],
    in validity: UnsafeMutableBufferPointer<UInt8>
  ) {
    // Each case is a loop of its own type; a type that is only known when running would be slow.
    switch type {
    case .uint8: note(band, raw.assumingMemoryBound(to: UInt8.self), nodata, validity)
    case .int8: note(band, raw.assumingMemoryBound(to: Int8.self), nodata, validity)
    case .uint16: note(band, raw.assumingMemoryBound(to: UInt16.self), nodata, validity)
    case .int16: note(band, raw.assumingMemoryBound(to: Int16.self), nodata, validity)
    case .uint32: note(band, raw.assumingMemoryBound(to: UInt32.self), nodata, validity)
    case .int32: note(band, raw.assumingMemoryBound(to: Int32.self), nodata, validity)
    case .float32:
      note(band, raw.assumingMemoryBound(to: Float.self), nodata, validity)
      noteIrregular(band, raw.assumingMemoryBound(to: Float.self), validity)
    case .float64:
      note(band, raw.assumingMemoryBound(to: Double.self), nodata, validity)
      noteIrregular(band, raw.assumingMemoryBound(to: Double.self), validity)
    }
  }

  private mutating func note<Number: RawNumber>(
    _ band: Int, _ values: UnsafeBufferPointer<Number>, _ nodata: [Double],
    _ validity: UnsafeMutableBufferPointer<UInt8>
  ) {
    var done: [Number] = []
    // What is not finite is noted apart.
    for value in nodata where value.isFinite {
      guard let hidden = Number.nodata(value), !done.contains(where: { $0.isSame(as: hidden) })
      else { continue }
      done.append(hidden)
      mark(
        band, values, validity, isLethal: !(0...Self.largestMeasured).contains(value),
        where: { $0.isRegular && $0.isSame(as: hidden) })
    }
  }

  private mutating func noteIrregular<Number: RawNumber>(
    _ band: Int, _ values: UnsafeBufferPointer<Number>,
    _ validity: UnsafeMutableBufferPointer<UInt8>
  ) {
    mark(band, values, validity, isLethal: true, where: { !$0.isRegular })
  }

  /// - Parameter isLethal: whether the pixel is invalid whatever other bands say.
  @inline(__always)
  private mutating func mark<Number: RawNumber>(
    _ band: Int, _ values: UnsafeBufferPointer<Number>,
    _ validity: UnsafeMutableBufferPointer<UInt8>, isLethal: Bool, where isHidden: (Number) -> Bool
  ) {
    let hits =
      switch MemoryLayout<Number>.size {
      case 1: Self.count(values, in: UInt8.self, where: isHidden)
      case 2: Self.count(values, in: UInt16.self, where: isHidden)
      default: Self.count(values, in: UInt32.self, where: isHidden)
      }
    if hits == 0 { return }
    tally.noData[band] += hits
    prepare(values.count)
    let number = UInt16(truncatingIfNeeded: band)
    let (counts, lastBands) = (counts.elements, lastBands.elements)
    // Loops of their own and without branches, for vector instructions as below.
    for index in 0..<values.count { counts[index] &+= isHidden(values[index]) ? 1 : 0 }
    for index in 0..<values.count where isHidden(values[index]) { lastBands[index] = number }
    guard isLethal else { return }
    for index in 0..<values.count where isHidden(values[index]) { validity[index] = 0 }
  }

  /// How many values are hidden.
  /// - Parameter counter: of the values' size, so that as many are counted at once as a register
  ///   holds.
  @inline(__always)
  private static func count<Number, Counter: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Number>, in counter: Counter.Type,
    where isHidden: (Number) -> Bool
  ) -> Int {
    guard let first = values.baseAddress else { return 0 }
    let run = min(Int(clamping: Counter.max), 1 << 12)
    var hits = 0
    var start = 0
    while start < values.count {
      let part = first + start
      var found: Counter = 0
      // Written so that the compiler makes vector instructions of it; a literal in the place of the
      // conversion becomes a branch.
      for index in 0..<min(run, values.count &- start) {
        found &+= Counter(truncatingIfNeeded: isHidden(part[index]) ? 1 : 0)
      }
      hits &+= Int(truncatingIfNeeded: found)
      start &+= run
    }
    return hits
  }

  private mutating func prepare(_ count: Int) {
    if isAnyNoted { return }
    isAnyNoted = true
    if counts.count < count {
      counts = ScratchBuffer(count: count)
      lastBands = ScratchBuffer(count: count)
    } else {
      counts.elements[..<count].update(repeating: 0)
    }
  }

  /// Applies the rule, when all bands have been noted.
  mutating func applyRule(to validity: UnsafeMutableBufferPointer<UInt8>) {
    guard isAnyNoted else { return }
    let limit = rule == .all ? 1 : bandCount
    let (counts, lastBands) = (counts.elements, lastBands.elements)
    for index in validity.indices {
      let count = Int(counts[index])
      if count == 0 { continue }
      if count >= limit { validity[index] = 0 }
      if count > 1 {
        if validity[index] != 0 { tally.keptForSomeBands += 1 }
        continue
      }
      if validity[index] == 0 {
        tally.hiddenByBandAlone[Int(lastBands[index])] += 1
      } else {
        tally.keptForOtherBands[Int(lastBands[index])] += 1
      }
    }
  }

  /// What a mask is.
  enum MaskKind {
    /// An alpha band of the scene, or one that warping made.
    case alpha, outside
    /// A mask of the raster, or a quality layer.
    case mask
  }

  /// Makes the pixels invalid at which a mask is 0.
  mutating func apply(
    _ mask: UnsafeBufferPointer<UInt8>, _ kind: MaskKind,
    to validity: UnsafeMutableBufferPointer<UInt8>
  ) {
    var hits = 0
    for index in mask.indices where mask[index] == 0 {
      validity[index] = 0
      hits += 1
    }
    switch kind {
    case .outside: tally.outside += hits
    case .mask: tally.masked += hits
    case .alpha:
      tally.transparent += hits
      var seen = [Bool](repeating: false, count: 256)
      for value in mask { seen[Int(value)] = true }
      tally.noteAlpha(seen)
    }
  }

  /// Makes the pixels invalid at which an alpha band of more than bytes is 0.
  mutating func apply(
    alpha: UnsafeBufferPointer<Int32>, to validity: UnsafeMutableBufferPointer<UInt8>
  ) {
    var seen = [Bool](repeating: false, count: 256)
    for index in alpha.indices {
      let value = alpha[index]
      seen[Int((value ^ value >> 8) & 0xFF)] = true
      if value > 0 { continue }
      validity[index] = 0
      tally.transparent += 1
    }
    tally.noteAlpha(seen, isWide: true)
  }

  /// Ends the window.
  mutating func finish(_ validity: UnsafeMutableBufferPointer<UInt8>) {
    guard let start = validity.baseAddress else { return }
    tally.invalid += validity.count - FlagBytes.countSet(start, validity.count)
  }
}
