// How a scene is divided into pieces that threads read: runs of windows whose rows one thread holds
// while it moves downwards.

import Imagery
import Scenes

/// Some rows and columns of a scene's windows.
struct WindowLane: Hashable {
  /// Starts of the windows.
  let rows: [Int]
  let columns: [Int]
  let side: Int
  /// The pixels that no earlier lane has counted.
  let countedRows: Range<Int>
  let countedColumns: Range<Int>

  /// The pixels under the windows.
  var firstColumn: Int { columns[0] }
  var width: Int { columns[columns.count - 1] + side - firstColumn }
  var height: Int { rows[rows.count - 1] + side - rows[0] }
  var window: PixelWindow {
    PixelWindow(column: firstColumn, row: rows[0], width: width, height: height)
  }

  /// Rows of windows in a lane, at most: neighbouring lanes read the rows again that both need,
  /// with the usual stride 4 % of all.
  private static let windowRows = 8
  /// Bytes of pixels that a thread holds, unless one window has more.
  private static let heldBytes = 64 << 20

  /// The lanes of a scene, from the top and the left. They depend on nothing but the arguments.
  static func lanes(
    _ grid: RasterGrid, side: Int, stride: Int, pixelBytes: Int
  ) -> [WindowLane] {
    let columns = WindowGrid.starts(length: grid.width, side: side, stride: stride)
    let rows = WindowGrid.starts(length: grid.height, side: side, stride: stride)
    let most = max(1, (heldBytes / (side * pixelBytes) - side) / stride + 1)
    let columnRuns = runs(of: columns, most: most)
    let rowRuns = runs(of: rows, most: windowRows)
    var lanes: [WindowLane] = []
    var row = 0
    for rows in rowRuns {
      let lastRow = rows[rows.count - 1] + side
      var column = 0
      for columns in columnRuns {
        let lastColumn = columns[columns.count - 1] + side
        lanes.append(
          WindowLane(
            rows: rows, columns: columns, side: side, countedRows: row..<lastRow,
            countedColumns: column..<lastColumn))
        column = lastColumn
      }
      row = lastRow
    }
    return lanes
  }

  /// Runs of nearly equal length.
  private static func runs(of starts: [Int], most: Int) -> [[Int]] {
    let count = (starts.count + most - 1) / most
    return (0..<count).map {
      Array(starts[starts.count * $0 / count..<starts.count * ($0 + 1) / count])
    }
  }
}
