// Numbers and tables as people read them.

/// Text for summaries; nothing here depends on a locale.
package enum TextColumns {
  /// "1.4 kB", "38.2 MB": decimal units, as disks are sold.
  package static func bytes(_ count: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(count)
    var unit = 0
    while value >= 999.95 && unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(fixed(value, 1)) \(units[unit])"
  }

  /// A finite number with a fixed count of decimals.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    guard abs(value) * scale < 1e15 else { return "\(value)" }
    let scaled = Int((abs(value) * scale).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if decimals == 0 { return sign + "\(scaled)" }
    let fraction = padded("\(scaled % Int(scale))", to: decimals, with: "0")
    return sign + "\(scaled / Int(scale)).\(fraction)"
  }

  /// "1 shard", "2 shards".
  package static func counted(_ count: Int, _ thing: String) -> String {
    count == 1 ? "1 \(thing)" : "\(count) \(thing)s"
  }

  /// Lines in which every column is as wide as its widest cell; the first column is flush left, the others as
  /// asked. Two spaces part columns; no line ends in spaces.
  package static func table(_ rows: [[String]], flushLeft: Set<Int> = []) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column == 0 || flushLeft.contains(column)
          ? cell + String(repeating: " ", count: widths[column] - cell.count)
          : padded(cell, to: widths[column], with: " ")
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  private static func padded(_ text: String, to width: Int, with filler: Character) -> String {
    String(repeating: filler, count: max(0, width - text.count)) + text
  }
}
