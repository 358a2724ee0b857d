// What is looked for in pixels while they pass by: values that look like fill which nobody
// declared, and chips that hold nothing. Raw bytes are bound to unsigned integers of the pixels'
// size.

import Basics
import Imagery

/// Pixels of a scene, or of a lane of it.
struct PixelFindings: Hashable, Codable {
  /// All pixels, and those of them that are valid.
  var pixels = 0
  var valid = 0
  /// Valid pixels with one bit pattern in every band, by pattern.
  private(set) var uniform: [UInt32: Int] = [:]

  /// Patterns that are counted, at most: fill comes early and often.
  private static let patternLimit = 256

  /// Pixels that are looked at together: few of them are uniform.
  private static let tile = 64

  mutating func add(_ other: PixelFindings) {
    pixels += other.pixels
    valid += other.valid
    // In an order that does not depend on the process.
    for (pattern, count) in other.uniform.sorted(by: { $0.key < $1.key }) {
      self.count(pattern, count)
    }
  }

  private mutating func count(_ pattern: UInt32, _ count: Int) {
    if let known = uniform[pattern] {
      uniform[pattern] = known + count
    } else if uniform.count < Self.patternLimit {
      uniform[pattern] = count
    }
  }

  /// The pattern that most pixels have in every band, and how many.
  var mostUniform: (pattern: UInt32, count: Int)? {
    uniform.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
  }

  /// Adds so many pixels that are all the same.
  /// - Parameter patterns: theirs, in each band.
  mutating func add(_ patterns: [UInt32], isValid: Bool, count: Int) {
    pixels += count
    guard isValid else { return }
    valid += count
    // As with rows: of one band alone only 0 is worth a word.
    let isUniform = patterns.count == 1 ? patterns == [0] : Set(patterns).count == 1
    if isUniform { self.count(patterns[0], count) }
  }

  /// Adds one row.
  /// - Parameters:
  ///   - bands: the row in each band.
  ///   - validity: of the row.
  ///   - scratch: as long as the row.
  mutating func add<Value: FixedWidthInteger & UnsignedInteger>(
    _ bands: [UnsafePointer<Value>], _ validity: UnsafePointer<UInt8>, count: Int,
    _ scratch: UnsafeMutablePointer<Value>
  ) {
    pixels += count
    valid += FlagBytes.countSet(validity, count)
    let first = bands[0]
    if bands.count == 1 {
      // One band is uniform everywhere: 0 alone is worth a word.
      for index in 0..<count { scratch[index] = first[index] }
    } else {
      for index in 0..<count { scratch[index] = first[index] ^ bands[1][index] }
      for band in bands.dropFirst(2) {
        for index in 0..<count { scratch[index] |= first[index] ^ band[index] }
      }
    }
    var last: Value = 0
    var run = 0
    for start in stride(from: 0, to: count, by: Self.tile) {
      let end = min(count, start + Self.tile)
      var least = Value.max
      for index in start..<end { least = min(least, scratch[index]) }
      if least != 0 { continue }
      for index in start..<end where scratch[index] == 0 && validity[index] != 0 {
        if first[index] == last {
          run += 1
        } else {
          if run > 0 { self.count(UInt32(last), run) }
          last = first[index]
          run = 1
        }
      }
    }
    if run > 0 { self.count(UInt32(last), run) }
  }
}

/// Whether a chip holds one value in every band.
enum ConstantChip {
  /// The patterns of the values, a band each; nil for a chip with two values in a band.
  static func patterns(_ rows: PixelRows, _ layout: ChipLayout) -> [UInt32]? {
    switch layout.pixelType.byteCount {
    case 1: patterns(rows, as: UInt8.self, layout)
    case 2: patterns(rows, as: UInt16.self, layout)
    default: patterns(rows, as: UInt32.self, layout)
    }
  }

  private static func patterns<Value: FixedWidthInteger & BitwiseCopyable>(
    _ rows: PixelRows, as type: Value.Type, _ layout: ChipLayout
  ) -> [UInt32]? {
    var values: [UInt32] = []
    for band in 0..<layout.bandCount {
      var known: Value?
      for row in 0..<layout.side {
        let pixels = rows.row(row, band: band).assumingMemoryBound(to: Value.self)
        let validity = rows.validity(row: row)
        for column in 0..<layout.side where validity[column] != 0 {
          if let known, known != pixels[column] { return nil }
          known = pixels[column]
        }
      }
      guard let known else { return nil }
      values.append(UInt32(truncatingIfNeeded: known))
    }
    return values
  }
}

extension PixelType {
  /// The value that a bit pattern stands for.
  func value(ofPattern pattern: UInt32) -> Double {
    switch self {
    case .uint8, .uint16: Double(pattern)
    case .int16: Double(Int16(truncatingIfNeeded: pattern))
    case .float32: Double(Float(bitPattern: pattern))
    }
  }
}
