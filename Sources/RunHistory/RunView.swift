// What is shown of a run, as plain values that are sent as JSON: to the page, to a terminal
// elsewhere, to whoever asks.

import Basics
import Observability

/// All that is shown of one run. Bounded, however long the run.
package struct RunView: Codable, Equatable, Sendable {
  /// Where it stands.
  package var head: RunHead
  /// What was measured at steps.
  package var steps: SeriesView
  /// What was measured on what is held out.
  package var evaluations: SeriesView
  /// What happened, the newest ones, oldest first.
  package var events: [RunEventView]

  package init(
    head: RunHead, steps: SeriesView, evaluations: SeriesView, events: [RunEventView]
  ) {
    self.head = head
    self.steps = steps
    self.evaluations = evaluations
    self.events = events
  }
}

/// What became of a view since it was last sent.
package struct RunChange: Codable, Equatable, Sendable {
  /// Which of the runs that are shown.
  package var run: Int
  /// Where it stands now.
  package var head: RunHead
  /// Rows that are new, or are not as they were.
  package var steps: SeriesView
  package var evaluations: SeriesView
  /// The new ones.
  package var events: [RunEventView]
  /// Whether those that were told before are none of this run's any more.
  package var eventsBeginAnew: Bool

  package init(
    run: Int, head: RunHead, steps: SeriesView, evaluations: SeriesView, events: [RunEventView],
    eventsBeginAnew: Bool
  ) {
    self.run = run
    self.head = head
    self.steps = steps
    self.evaluations = evaluations
    self.events = events
    self.eventsBeginAnew = eventsBeginAnew
  }
}

/// Rows of a series from one on.
package struct SeriesView: Codable, Equatable, Sendable {
  /// A view of another generation takes the place of all rows that were sent before.
  package var generation: Int
  /// Steps that a row stands for.
  package var stride: Int
  /// Of each row: "step", "time" in seconds since 1970, then numbers, null where there is none.
  package var columns: [String]
  /// Which row the first of these is.
  package var from: Int
  package var rows: [[Double?]]

  /// Columns whose lowest and highest numbers are told, too, where a row stands for many steps.
  static let ranged = ["weightedLoss", "gradientNorm", "seconds"]

  package init(_ series: SampledSeries, from first: Int = 0) {
    generation = series.generation
    stride = series.stride
    let ranged = Self.ranged.compactMap { name in
      series.stride == 1 ? nil : series.columns.firstIndex(of: name)
    }
    columns =
      ["step", "time"] + series.columns
      + ranged.flatMap { ["\(series.columns[$0]).low", "\(series.columns[$0]).high"] }
    from = min(first, series.rows.count)
    let width = series.columns.count
    rows = series.rows[from...].map { row in
      var values: [Double?] = [Double(row.step), row.time.seconds]
      for place in 0..<width {
        values.append(row.cell(place)?.mean.finite?.rounded(toDigits: 6))
      }
      for place in ranged {
        values.append(row.cell(place).map { $0.low.rounded(toDigits: 6) })
        values.append(row.cell(place).map { $0.high.rounded(toDigits: 6) })
      }
      return values
    }
  }

  /// The numbers of one column, without those that are missing.
  package func values(of column: String) -> [Double] {
    guard let place = columns.firstIndex(of: column) else { return [] }
    return rows.compactMap { place < $0.count ? $0[place] : nil }
  }
}

extension SampledSeries.Row {
  /// Columns that came later have none.
  fileprivate func cell(_ place: Int) -> SampledSeries.Cell? {
    place < cells.count ? cells[place] : nil
  }
}

extension Double {
  /// Nil for what JSON has no word for.
  var finite: Double? { isFinite ? self : nil }

  /// The nearest number of about so many significant digits: what a plot can show, in fewer bytes.
  func rounded(toDigits digits: Int) -> Double {
    guard self != 0, isFinite else { return self }
    // By the exponent of two: a power of ten that leaves at least so many digits.
    let places = digits - Int((Double(exponent) * 0.301_03).rounded(.down)) - 1
    guard (0..<Self.powersOfTen.count).contains(places) else { return self }
    let scale = Self.powersOfTen[places]
    return (self * scale).rounded() / scale
  }

  private static let powersOfTen: [Double] = (0...15).map { places in
    (0..<places).reduce(1.0) { product, _ in product * 10 }
  }
}

/// Something that happened.
package struct RunEventView: Codable, Equatable, Sendable {
  /// From 1 on, in the order in which they were read.
  package var number: Int
  /// In seconds since 1970.
  package var time: Double
  /// How many steps had been committed.
  package var step: Int
  /// Its kind, as the metrics have it: "joined".
  package var event: String
  /// Whom it is about, by name.
  package var worker: String?
  /// More about it, in words.
  package var detail: String?

  package init(
    number: Int, time: Double, step: Int, event: String, worker: String?, detail: String?
  ) {
    self.number = number
    self.time = time
    self.step = step
    self.event = event
    self.worker = worker
    self.detail = detail
  }
}
