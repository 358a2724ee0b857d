// The rows of a scene that a row of windows needs, kept while the windows move downwards: each row
// is read once.

import Basics
import Imagery
import Scenes

#if canImport(Glibc)
  import Glibc
#endif

/// `side` rows of a lane. One thread at a time; the memory is its own from `init` to `deinit`, and
/// serves one lane after another.
final class HeldRows {
  private let layout: ChipLayout
  private var width = 0
  private var firstColumn = 0
  /// (bands, side, width)
  private var pixels = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// (side, width)
  private var validity = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
  /// What was read last, (bands, rows, width) and (rows, width).
  private var fresh = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var freshValidity = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
  /// The first row held; nil before the first one is read.
  private var first: Int?

  private var side: Int { layout.side }
  private var bandCount: Int { layout.bandCount }
  private var valueBytes: Int { layout.pixelType.byteCount }

  init(_ layout: ChipLayout) { self.layout = layout }

  deinit { deallocate() }

  /// Begins with a lane, of which nothing is held yet.
  func begin(_ lane: WindowLane) {
    width = lane.width
    firstColumn = lane.firstColumn
    first = nil
    let count = side * width
    guard validity.count < count else { return }
    deallocate()
    pixels = .allocate(byteCount: count * bandCount * valueBytes, alignment: 64)
    fresh = .allocate(byteCount: count * bandCount * valueBytes, alignment: 64)
    validity = .allocate(capacity: count)
    freshValidity = .allocate(capacity: count)
    validity.initialize(repeating: 0)
    freshValidity.initialize(repeating: 0)
  }

  private func deallocate() {
    pixels.deallocate()
    fresh.deallocate()
    validity.deallocate()
    freshValidity.deallocate()
  }

  /// Moves down to a row and reads what is new.
  /// - Parameter look: shown the new rows: pixels (bands, rows, width), validity (rows, width) and
  ///   the first row's number.
  func move(
    to row: Int, _ reader: SceneReader,
    look: (UnsafeRawBufferPointer, UnsafeBufferPointer<UInt8>, Int) -> Void
  ) throws {
    let kept = first.map { max(0, $0 + side - row) } ?? 0
    let count = side - kept
    let rowBytes = width * valueBytes
    let window = PixelWindow(column: firstColumn, row: row + kept, width: width, height: count)
    first = nil
    let bytes = UnsafeMutableRawBufferPointer(rebasing: fresh[..<(count * bandCount * rowBytes)])
    let mask = UnsafeMutableBufferPointer(rebasing: freshValidity[..<(count * width)])
    try reader.read(window, pixels: bytes, validity: mask)
    for band in 0..<bandCount {
      let start = pixels.baseAddress! + band * side * rowBytes
      if kept > 0 { memmove(start, start + count * rowBytes, kept * rowBytes) }
      memcpy(
        start + kept * rowBytes, bytes.baseAddress! + band * count * rowBytes, count * rowBytes)
    }
    let start = UnsafeMutableRawPointer(validity.baseAddress!)
    if kept > 0 { memmove(start, start + count * width, kept * width) }
    memcpy(start + kept * width, mask.baseAddress!, count * width)
    first = row
    look(UnsafeRawBufferPointer(bytes), UnsafeBufferPointer(mask), row + kept)
  }

  /// Valid pixels of the window that begins at a column of the scene.
  func validCount(column: Int) -> Int {
    var sum = 0
    for y in 0..<side {
      let start = y * width + column - firstColumn
      var rowSum = 0
      for x in start..<start + side { rowSum &+= Int(validity[x]) }
      sum += rowSum
    }
    return sum
  }

  /// Copies the window that begins at a column of the scene.
  /// - Parameters:
  ///   - chip: (bands, side, side).
  ///   - mask: (side, side).
  func copyWindow(
    column: Int, to chip: UnsafeMutableRawBufferPointer, _ mask: UnsafeMutableBufferPointer<UInt8>
  ) {
    let rowBytes = side * valueBytes
    let skipped = (column - firstColumn) * valueBytes
    for row in 0..<bandCount * side {
      memcpy(
        chip.baseAddress! + row * rowBytes,
        pixels.baseAddress! + row * width * valueBytes + skipped, rowBytes)
    }
    for row in 0..<side {
      memcpy(
        mask.baseAddress! + row * side,
        validity.baseAddress! + row * width + column - firstColumn, side)
    }
  }
}
