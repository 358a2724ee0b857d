// Any number of steps in a bounded number of rows.

import Basics
import Observability
import RunHistory
import TestSupport
import Testing

@Suite("Numbers of many steps, in few rows") struct SampledSeriesTests {
  private func series(of steps: Int, _ value: (Int) -> Double) -> SampledSeries {
    var series = SampledSeries()
    for step in 1...steps {
      series.add([("loss", value(step))], at: step, WallTime(milliseconds: Int64(step) * 1000))
    }
    return series
  }

  @Test("Up to the capacity every step has its row")
  func few() {
    let series = series(of: SampledSeries.capacity) { Double($0) }
    #expect(series.stride == 1 && series.rows.count == SampledSeries.capacity)
    #expect(series.rows.map(\.step) == Array(1...SampledSeries.capacity))
    var early = SampledSeries()
    for step in 0...3 { early.add([("loss", Double(step))], at: step, WallTime(milliseconds: 0)) }
    #expect(early.rows.map(\.step) == [0, 1, 2, 3])
    #expect(early.rows.compactMap { $0.cells[0]?.mean } == [0, 1, 2, 3])
  }

  @Test("A hundred thousand steps stay within it, their mean exact and their only spike kept")
  func many() {
    let series = series(of: 100_000) { $0 == 51_234 ? 1000 : Double($0 % 2) }
    #expect(series.rows.count <= SampledSeries.capacity)
    #expect(series.rows.count > SampledSeries.capacity / 4)
    let cells = series.rows.compactMap { $0.cells[0] }
    #expect(cells.map(\.high).max() == 1000)
    #expect(cells.filter { $0.high > 1 }.count == 1)
    // Rows stand for as many even as odd steps, but for the spike's and the last.
    #expect(cells.filter { $0.mean == 0.5 }.count >= cells.count - 2)
    #expect(series.rows.last?.step == 100_000)
    #expect(series.rows.last?.time.milliseconds == 100_000_000)
  }

  @Test("Rows that are put together make what was read before old")
  func generation() {
    let few = series(of: 10) { Double($0) }
    let many = series(of: SampledSeries.capacity + 1) { Double($0) }
    #expect(few.generation == 0 && many.generation > 0)
    var cleared = many
    cleared.clear()
    #expect(cleared.rows.isEmpty && cleared.generation > many.generation)
  }

  @Test("Numbers that come rarely are thinned only where there are too many of them")
  func sparse() {
    var series = SampledSeries()
    for step in stride(from: 0, through: 40_000, by: 50) {
      series.add([("loss", 1)], at: step, WallTime(milliseconds: 0))
    }
    #expect(series.rows.count == 801 && series.stride == 1)
  }

  @Test("What is not finite is left out, a column that comes later has nothing before")
  func missing() throws {
    var series = SampledSeries()
    series.add([("loss", .nan)], at: 1, WallTime(milliseconds: 0))
    series.add([("loss", 2), ("flops", 3)], at: 2, WallTime(milliseconds: 0))
    let view = SeriesView(series)
    #expect(view.columns == ["step", "time", "loss", "flops"])
    #expect(view.rows == [[1, 0, nil, nil], [2, 0, 2, 3]])
    #expect(view.values(of: "loss") == [2])
    #expect(try JSONText.encode(view, .line).contains("null"))
  }

  @Test("A view begins where it is told to, and tells of extremes where a row is of many steps")
  func view() {
    let few = SeriesView(series(of: 10) { Double($0) }, from: 9)
    #expect(few.from == 9 && few.rows.count == 1)
    var many = SampledSeries()
    for step in 1...1001 {
      many.add([("weightedLoss", Double(step))], at: step, WallTime(milliseconds: 0))
    }
    let view = SeriesView(many)
    #expect(
      view.columns == ["step", "time", "weightedLoss", "weightedLoss.low", "weightedLoss.high"])
    #expect(view.rows[0] == [2, 0, 1.5, 1, 2])
  }

  @Test("A column that comes late makes what was read before old: the ranged ones stand elsewhere")
  func lateColumn() {
    var series = SampledSeries()
    series.add([("weightedLoss", 1)], at: 1, WallTime(milliseconds: 0))
    let before = series.generation
    series.add([("weightedLoss", 1)], at: 2, WallTime(milliseconds: 0))
    #expect(series.generation == before)
    series.add([("weightedLoss", 1), ("gigaflops", 1)], at: 3, WallTime(milliseconds: 0))
    #expect(series.generation > before)
  }

  @Test("A mean beyond all numbers is left out: JSON has none")
  func overflow() throws {
    var series = SampledSeries()
    for step in 1...1001 { series.add([("seconds", 1e308)], at: step, WallTime(milliseconds: 0)) }
    let view = SeriesView(series)
    #expect(view.columns == ["step", "time", "seconds", "seconds.low", "seconds.high"])
    #expect(view.rows[0] == [2, 0, nil, 1e308, 1e308])
    #expect(try JSONText.encode(view, .line).contains("null"))
  }

  @Test("Further columns than can be kept are passed over")
  func columns() {
    var series = SampledSeries()
    let names = (0..<100).map { "c\($0)" }
    series.add(names.map { ($0, 1) }, at: 1, WallTime(milliseconds: 0))
    #expect(series.columns.count == SampledSeries.columnLimit)
  }
}
