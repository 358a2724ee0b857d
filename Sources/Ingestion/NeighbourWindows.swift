// Which chips of a scene lie in a part of it: from window grids, without a search. Pure.

import Imagery
import Scenes

/// The windows along one axis of a scene: `WindowGrid.starts` without their list.
package struct WindowAxis: Hashable {
  let length: Int
  let side: Int
  let stride: Int

  /// Windows of `side` pixels, every `stride`, along `length`.
  package init(length: Int, side: Int, stride: Int) {
    self.length = length
    self.side = side
    self.stride = stride
  }

  /// Windows that start every stride.
  private var regular: Int { length < side ? 0 : (length - side) / stride + 1 }
  /// One more ends at the scene's edge when the last regular one does not.
  private var hasRest: Bool { length >= side && (length - side) % stride != 0 }

  /// Windows of the axis.
  package var count: Int { regular + (hasRest ? 1 : 0) }

  /// The number of the window that starts at a pixel; nil where none does.
  package func index(ofStart start: Int) -> Int? {
    guard start >= 0, start <= length - side else { return nil }
    if start % stride == 0 { return start / stride }
    return start == length - side ? regular : nil
  }

  /// The numbers of the windows that reach into a range of pixels, ascending.
  package func indices(reaching range: ClosedRange<Double>) -> [Int] {
    guard count > 0 else { return [] }
    let low = max(0, min(Double(length), range.lowerBound))
    let high = max(-1, min(Double(length), range.upperBound))
    guard range.upperBound >= 0, range.lowerBound <= Double(length) else { return [] }
    let first = max(0, Int(((low - Double(side)) / Double(stride)).rounded(.up)))
    let last = min(regular - 1, Int((high / Double(stride)).rounded(.down)))
    var found = first <= last ? Array(first...last) : []
    if hasRest, high >= Double(length - side) { found.append(regular) }
    return found
  }
}

/// The numbers of all chips by scene and window: 16 bytes a chip and 4 a window without one.
struct NeighbourWindows {
  let side: Int
  /// Of each chip.
  let places: [ChipPlace]
  private let stride: Int
  private let grids: [RasterGrid]
  /// Of each scene, where its windows begin in `numbers`.
  private let starts: [Int]
  /// Of each window, row by row, its chip's number and 1; 0 for one that is no chip.
  private let numbers: [UInt32]

  /// - Precondition: each chip starts where a window of its scene does, and no two at one window.
  init(scenes: [RasterGrid], side: Int, stride: Int, chips: [ChipPlace]) {
    precondition(chips.count < UInt32.max)
    var starts: [Int] = []
    var count = 0
    for grid in scenes {
      starts.append(count)
      count +=
        WindowAxis(length: grid.width, side: side, stride: stride).count
        * WindowAxis(length: grid.height, side: side, stride: stride).count
    }
    var numbers = [UInt32](repeating: 0, count: count)
    for (number, chip) in chips.enumerated() {
      let grid = scenes[Int(chip.scene)]
      let columns = WindowAxis(length: grid.width, side: side, stride: stride)
      let rows = WindowAxis(length: grid.height, side: side, stride: stride)
      guard let column = columns.index(ofStart: Int(chip.column)),
        let row = rows.index(ofStart: Int(chip.row))
      else { preconditionFailure("chip \(number) starts at no window of its scene") }
      let place = starts[Int(chip.scene)] + row * columns.count + column
      precondition(numbers[place] == 0, "chip \(number) is there twice")
      numbers[place] = UInt32(number + 1)
    }
    self.side = side
    self.stride = stride
    self.places = chips
    self.starts = starts
    self.numbers = numbers
    grids = scenes
  }

  /// A chip's box in its scene.
  func window(of chip: Int) -> PixelWindow {
    let place = places[chip]
    return PixelWindow(
      column: Int(place.column), row: Int(place.row), width: side, height: side)
  }

  /// Calls a body with the number of each chip of a scene that reaches into a part of it, in
  /// pixels.
  func forEachChip(
    of scene: Int, columns: ClosedRange<Double>, rows: ClosedRange<Double>,
    _ body: (Int) throws -> Void
  ) rethrows {
    let acrossAxis = WindowAxis(length: grids[scene].width, side: side, stride: stride)
    let downAxis = WindowAxis(length: grids[scene].height, side: side, stride: stride)
    let across = acrossAxis.indices(reaching: columns)
    if across.isEmpty { return }
    for row in downAxis.indices(reaching: rows) {
      let start = starts[scene] + row * acrossAxis.count
      for column in across where numbers[start + column] != 0 {
        try body(Int(numbers[start + column]) - 1)
      }
    }
  }
}
