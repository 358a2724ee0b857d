// The rows of a scene that a row of windows needs, kept while the windows move downwards: each row
// is read once, to where it stays.

import Basics
import Imagery
import Scenes

#if canImport(Glibc)
  import Glibc
#endif

/// `side` rows of a lane. One thread at a time; the memory serves one lane after another.
final class HeldRows {
  private let layout: ChipLayout
  private var width = 0
  private var firstColumn = 0
  /// (bands, capacity, width)
  private var pixelMemory = ScratchBuffer<UInt8>(count: 0)
  /// (capacity, width)
  private var validityMemory = ScratchBuffer<UInt8>(count: 0)
  /// The first row held, as the scene counts and as the memory does; nil before one is read.
  private var first: (row: Int, place: Int)?

  private var side: Int { layout.side }
  private var valueBytes: Int { layout.pixelType.byteCount }
  private var rowBytes: Int { width * valueBytes }
  private var bandBytes: Int { capacity * rowBytes }
  /// Twice the rows of a window: what is held moves up when the end is reached, not at each step.
  private var capacity: Int { 2 * side }

  private var pixels: UnsafeMutableRawBufferPointer { pixelMemory.bytes }
  private var validity: UnsafeMutableBufferPointer<UInt8> { validityMemory.elements }

  init(_ layout: ChipLayout) { self.layout = layout }

  /// Begins with a lane, of which nothing is held yet.
  func begin(_ lane: WindowLane) {
    width = lane.width
    firstColumn = lane.firstColumn
    first = nil
    let count = capacity * width
    guard validity.count < count else { return }
    // What is there goes before the new is asked for.
    pixelMemory = ScratchBuffer(count: 0)
    validityMemory = ScratchBuffer(count: 0)
    pixelMemory = ScratchBuffer(count: count * layout.bandCount * valueBytes)
    validityMemory = ScratchBuffer(count: count)
  }

  /// Moves down to a row and reads what is new.
  /// - Returns: the new rows, the first one's number in the scene and how many there are.
  func move(to row: Int, _ reader: SceneReader) throws -> (rows: PixelRows, first: Int, count: Int)
  {
    let kept = first.map { max(0, $0.row + side - row) } ?? 0
    let count = side - kept
    var place = kept > 0 ? first!.place + row - first!.row : 0
    if place + side > capacity {
      moveUp(rows: place..<place + kept)
      place = 0
    }
    let start = (place + kept) * rowBytes
    let end = start + (layout.bandCount - 1) * bandBytes + count * rowBytes
    first = nil
    try reader.read(
      PixelWindow(column: firstColumn, row: row + kept, width: width, height: count),
      pixels: UnsafeMutableRawBufferPointer(rebasing: pixels[start..<end]), bandBytes: bandBytes,
      validity: UnsafeMutableBufferPointer(
        rebasing: validity[(place + kept) * width..<(place + side) * width]))
    first = (row, place)
    return (rows(from: place + kept, column: firstColumn), row + kept, count)
  }

  private func moveUp(rows: Range<Int>) {
    for band in 0..<layout.bandCount {
      let start = pixels.baseAddress! + band * bandBytes
      memmove(start, start + rows.lowerBound * rowBytes, rows.count * rowBytes)
    }
    let start = UnsafeMutableRawPointer(validity.baseAddress!)
    memmove(start, start + rows.lowerBound * width, rows.count * width)
  }

  /// The window that begins at a column of the scene, in the rows moved to: until the next move.
  func window(column: Int) -> PixelRows { rows(from: first?.place ?? 0, column: column) }

  /// From a row of the memory and a column of the scene.
  private func rows(from place: Int, column: Int) -> PixelRows {
    let skipped = column - firstColumn
    return PixelRows(
      pixels: pixels.baseAddress! + (place * rowBytes + skipped * valueBytes), rowBytes: rowBytes,
      bandBytes: bandBytes, validity: validity.baseAddress! + (place * width + skipped),
      validityRowBytes: width)
  }
}
