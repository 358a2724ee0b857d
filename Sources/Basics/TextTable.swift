// Rows of cells as aligned lines.

package enum TextTable {
  /// Lines in which every column is as wide as its widest cell; the first column is flush left, the
  /// others as asked. Two spaces part columns; no line ends in spaces.
  package static func lines(_ rows: [[String]], flushLeft: Set<Int> = []) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 || flushLeft.contains(column) ? cell + padding : padding + cell
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
