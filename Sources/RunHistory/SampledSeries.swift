// Numbers of any number of steps in a bounded number of rows. What a plot is drawn from: nothing
// here is needed to go on with a run.

import Basics
import Observability

/// Rows in the order of the steps. Each stands for up to `stride` steps that follow each other, and
/// has of every column the mean, the lowest and the highest number. When there are more rows than
/// `capacity`, the stride doubles: two neighbours become one row, so that means stay exact and no
/// spike is lost.
package struct SampledSeries: Sendable {
  /// Most rows that are kept.
  package static let capacity = 1000
  /// Most columns; numbers under further names are passed over.
  package static let columnLimit = 48

  /// Numbers of one column, of the steps that a row stands for.
  package struct Cell: Equatable, Sendable {
    private(set) var sum: Double
    package private(set) var low: Double
    package private(set) var high: Double
    private(set) var count: Int

    init(_ value: Double) { (sum, low, high, count) = (value, value, value, 1) }

    /// Not finite where the sum is beyond all numbers.
    package var mean: Double { sum / Double(count) }

    mutating func add(_ other: Cell) {
      sum += other.sum
      low = min(low, other.low)
      high = max(high, other.high)
      count += other.count
    }
  }

  /// Steps that follow each other.
  package struct Row: Equatable, Sendable {
    /// The last step that it stands for, and when that was.
    package fileprivate(set) var step: Int
    package fileprivate(set) var time: WallTime
    /// By column; nil where no number was finite.
    package fileprivate(set) var cells: [Cell?]
  }

  /// The names of numbers, in the order of their coming.
  package private(set) var columns: [String] = []
  /// In the order of their steps.
  package private(set) var rows: [Row] = []
  /// Steps that a row stands for at most.
  package private(set) var stride = 1
  /// Another one whenever rows were put together or taken away, or got a column more: what was read
  /// of them is old.
  package private(set) var generation = 0
  private var places: [String: Int] = [:]

  package init() {}

  /// Adds the numbers of a step, which is no earlier than those before; what is not finite is left
  /// out.
  package mutating func add(
    _ values: [(key: String, value: Double)], at step: Int, _ time: WallTime
  ) {
    var cells: [Cell?] = Array(repeating: nil, count: columns.count)
    for (key, value) in values {
      guard let place = place(of: key) else { continue }
      if place >= cells.count { cells += Array(repeating: nil, count: place + 1 - cells.count) }
      if value.isFinite { cells[place] = Cell(value) }
    }
    let row = Row(step: step, time: time, cells: cells)
    if let last = rows.last, bucket(of: last.step) == bucket(of: step) {
      rows[rows.count - 1] = last.merged(with: row)
    } else {
      rows.append(row)
      while rows.count > Self.capacity { thin() }
    }
  }

  /// Forgets everything.
  package mutating func clear() {
    let next = generation + 1
    self = SampledSeries()
    generation = next
  }

  /// Step 0, before any update, is alone in its own.
  private func bucket(of step: Int) -> Int { step <= 0 ? -1 : (step - 1) / stride }

  private mutating func place(of key: String) -> Int? {
    if let place = places[key] { return place }
    if columns.count == Self.columnLimit { return nil }
    columns.append(key)
    // Whoever has rows of fewer columns must not read them by these.
    if !rows.isEmpty { generation += 1 }
    places[key] = columns.count - 1
    return columns.count - 1
  }

  private mutating func thin() {
    stride *= 2
    generation += 1
    var thinned: [Row] = []
    for row in rows {
      if let last = thinned.last, bucket(of: last.step) == bucket(of: row.step) {
        thinned[thinned.count - 1] = last.merged(with: row)
      } else {
        thinned.append(row)
      }
    }
    rows = thinned
  }
}

extension SampledSeries.Row {
  /// This row and one of later steps as one.
  fileprivate func merged(with later: Self) -> Self {
    var merged = later
    for (place, cell) in cells.enumerated() {
      guard var cell else { continue }
      if place >= merged.cells.count {
        merged.cells += Array(repeating: nil, count: place + 1 - merged.cells.count)
      }
      if let other = merged.cells[place] { cell.add(other) }
      merged.cells[place] = cell
    }
    return merged
  }
}
