// A bar for work whose amount is known: ingesting scenes, checking shards. Training has
// `ProgressLine`.

import Basics

/// How far some work has come, as a live line on a terminal and as nothing elsewhere.
///
///     Writing shards  [██████████▌         ]  53 %  1,234/2,310 chips  1 m 02 s left
package struct ProgressBar: Sendable {
  private let title: String
  private let unit: String
  private let total: Int
  private let console: Console
  private let start: Instant

  /// - Parameters:
  ///   - total: how much there is to do; 0 when there is nothing.
  ///   - unit: what is counted, in the plural: "chips".
  package init(title: String, total: Int, unit: String, console: Console, startingAt now: Instant) {
    self.title = title
    self.unit = unit
    self.total = total
    self.console = console
    start = now
  }

  /// Cheap enough to call for every item.
  package func update(done: Int, at now: Instant) {
    guard console.isTerminal else { return }
    let line = Self.line(
      title: title, done: done, total: total, unit: unit, elapsed: now - start,
      width: console.width)
    console.show(line, at: now)
  }

  /// Leaves the finished bar above what is printed next, or takes it away.
  package func finish(keepingLine: Bool = false) { console.finish(keepingLine: keepingLine) }

  /// The text at one moment in at most `width` columns. The time left goes first when room is
  /// short, then the counts, then the bar.
  package static func line(
    title: String, done: Int, total: Int, unit: String, elapsed: Duration, width: Int
  ) -> String {
    let share = total > 0 ? min(max(Double(done) / Double(total), 0), 1) : 1
    let percent = HumanFormat.percent(share, places: 0)
    let padded = String(repeating: " ", count: max(0, 5 - percent.count)) + percent
    let counts = "\(HumanFormat.count(done))/\(HumanFormat.count(total)) \(unit)"
    var timeLeft: [String] = []
    if share > 0 && share < 1 {
      timeLeft = [HumanFormat.duration(elapsed * ((1 - share) / share)) + " left"]
    }
    let bar = "[" + HumanFormat.bar(share, width: 20) + "]"
    let candidates = [
      [title, bar, padded, counts] + timeLeft, [title, bar, padded, counts], [title, bar, padded],
      [title, percent], [percent],
    ]
    let lines = candidates.map { $0.joined(separator: "  ") }
    return lines.first { $0.count <= width } ?? String(percent.prefix(width))
  }
}
