// The first pass over a scene: how many valid pixels each window has. Reads rows in blocks of
// bounded size, so that a scene may be larger than memory.

import Imagery
import Scenes

/// A window of a scene that may become a chip.
struct CandidateWindow {
  let column: Int
  let row: Int
  /// Valid pixels over all pixels.
  let validShare: Double
}

struct ValidityScan {
  /// Bytes of pixels read at once, unless one row has more.
  private static let blockBytes = 32 << 20

  let side: Int
  let stride: Int

  /// Counts the valid pixels of every window, row by row from the top.
  /// - Parameter advance: told how many rows were read since it was last told.
  func windows(of scene: SceneReader, advance: (Int) throws -> Void) throws -> [CandidateWindow] {
    let width = scene.grid.width
    let height = scene.grid.height
    let columns = WindowGrid.starts(length: width, side: side, stride: stride)
    let rows = WindowGrid.starts(length: height, side: side, stride: stride)
    guard !columns.isEmpty && !rows.isEmpty else {
      try advance(height)
      return []
    }
    var counts = [Int](repeating: 0, count: rows.count * columns.count)
    let rowBytes = width * scene.bandCount * scene.pixelType.byteCount
    let blockRows = min(height, max(1, Self.blockBytes / rowBytes))
    var pixels = [UInt8](repeating: 0, count: blockRows * rowBytes)
    var validity = [UInt8](repeating: 0, count: blockRows * width)
    for start in Swift.stride(from: 0, to: height, by: blockRows) {
      let window = PixelWindow(
        column: 0, row: start, width: width, height: min(blockRows, height - start))
      try pixels.withUnsafeMutableBytes { buffer in
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(window.height * rowBytes)])
        try validity.withUnsafeMutableBufferPointer { mask in
          try scene.read(
            window, pixels: bytes,
            validity: UnsafeMutableBufferPointer(rebasing: mask[..<window.count]))
        }
      }
      for y in 0..<window.height {
        let mask = validity[y * width..<(y + 1) * width]
        let valid = Self.validCounts(in: mask, starts: columns, side: side)
        for (index, first) in rows.enumerated() where first <= start + y && start + y < first + side
        {
          for column in columns.indices { counts[index * columns.count + column] += valid[column] }
        }
      }
      try advance(window.height)
    }
    return rows.indices.flatMap { row in
      columns.indices.map { column in
        CandidateWindow(
          column: columns[column], row: rows[row],
          validShare: Double(counts[row * columns.count + column]) / Double(side * side))
      }
    }
  }

  /// Valid pixels of one row in each window, by running sums.
  private static func validCounts(in mask: ArraySlice<UInt8>, starts: [Int], side: Int) -> [Int] {
    var sums = [0]
    sums.reserveCapacity(mask.count + 1)
    for value in mask { sums.append(sums[sums.count - 1] + Int(value)) }
    return starts.map { sums[$0 + side] - sums[$0] }
  }
}
