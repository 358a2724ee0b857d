// The page in text, for a terminal: what a run does, in at most so many columns. Nothing but text
// and colours: it is as good over ssh and in a log.

import Basics
import Observability
import RunHistory

package struct TerminalPage {
  /// Columns that may be filled.
  private let width: Int
  /// Whether colours are understood and wanted.
  private let hasColor: Bool
  /// Workers, checkpoints and events that are shown.
  private let listed: Int

  package init(width: Int, height: Int, hasColor: Bool) {
    self.width = max(40, width)
    self.hasColor = hasColor
    // The rest of the page takes about so many lines.
    listed = max(3, (height - 20) / 2)
  }

  /// Lines without an end.
  package func lines(of view: RunView) -> [String] {
    let head = view.head
    var lines = [title(head)]
    lines += progress(head)
    lines.append("")
    lines += curves(view)
    lines.append("")
    lines += workers(head)
    lines += storage(head)
    lines += happenings(view)
    lines += head.problems.map { painted(fitted($0), .warning) }
    return lines
  }

  // MARK: Parts

  private func title(_ head: RunHead) -> String {
    let paint: Paint =
      switch head.state {
      case .running: .good
      case .finished: .accent
      case .absent, .stopped, .silent: .warning
      case .failed, .diverged: .bad
      }
    let name = fitted(head.name, to: width / 2)
    let rest = fitted(
      "  \(head.sentence)", to: width - name.count - head.state.rawValue.count - 2)
    return painted(name, .strong) + "  " + painted(head.state.rawValue, paint) + rest
  }

  private func progress(_ head: RunHead) -> [String] {
    guard let steps = head.steps, steps > 0 else { return [] }
    let share = Double(head.step) / Double(steps)
    let bar = HumanFormat.bar(share, width: min(30, width / 3))
    var parts = [
      "step \(HumanFormat.count(head.step)) of \(HumanFormat.count(steps))",
      HumanFormat.percent(share, places: 0),
    ]
    if let left = head.secondsLeft { parts.append(HumanFormat.duration(seconds: left) + " left") }
    if let pairs = head.pairsPerSecond {
      parts.append(HumanFormat.rate(pairs, of: head.sample + "s"))
    }
    if let flops = head.latest["gigaflops"] {
      parts.append("\(HumanFormat.significant(flops)) GFLOP/s")
    }
    // What does not fit is left out whole, from the end.
    let room = width - bar.count - 3
    func text() -> String { parts.joined(separator: "  ") }
    while parts.count > 1 && text().count > room { parts.removeLast() }
    return [
      painted("▕", .faint) + painted(bar, .accent) + painted("▏", .faint)
        + fitted(" " + text(), to: width - bar.count - 2)
    ]
  }

  /// "patchMeanWeighted" as people say it, and as the page does.
  private static func baseline(_ column: String) -> String {
    switch column.hasSuffix("Weighted") ? String(column.dropLast("Weighted".count)) : column {
    case "patchMean": "mean of each patch"
    case "copy": "neighbour copied"
    default: column
    }
  }

  /// One line a curve: its name, its newest number, its course.
  private func curves(_ view: RunView) -> [String] {
    typealias Curve = (name: String, column: String, unit: (Double) -> String)
    let training: [Curve] = [
      ("gradient norm", "gradientNorm", HumanFormat.significant),
      ("learning rate", "learningRate", HumanFormat.significant),
      ("\(view.head.sample)s/s", "pairsPerSecond", HumanFormat.significant),
      ("bytes in", "bytesIn", Self.bytes), ("bytes out", "bytesOut", Self.bytes),
    ]
    func line(
      _ curve: Curve, _ series: SeriesView, newest: [String: Double]
    ) -> String? {
      let numbers = series.values(of: curve.column)
      if numbers.isEmpty { return nil }
      // A row of the series may stand for many steps.
      let number = newest[curve.column].map(curve.unit) ?? "–"
      return painted(curve.name.padded(to: 14), .faint) + number.padded(to: 11)
        + painted(Sparkline.text(of: numbers, width: max(10, width - 25)), .accent)
    }
    let loss = ("weightedLoss", HumanFormat.significant)
    var lines = [
      line(("loss", loss.0, loss.1), view.steps, newest: view.head.latest),
      line(("held out", loss.0, loss.1), view.evaluations, newest: view.head.latestEvaluation),
    ].compactMap(\.self)
    lines += training.compactMap { line($0, view.steps, newest: view.head.latest) }
    for column in view.head.baselines {
      guard let newest = view.head.latestEvaluation[column] else { continue }
      lines.append(
        painted("baseline".padded(to: 14), .faint)
          + HumanFormat.significant(newest).padded(to: 11)
          + painted(Self.baseline(column), .faint))
    }
    return lines.isEmpty ? [painted("no step yet", .faint)] : lines
  }

  private func workers(_ head: RunHead) -> [String] {
    if head.state != .running { return [] }
    let slow = head.workers.filter { $0.slow != nil }
    let others = head.workers.filter { $0.slow == nil }
    var lines = [
      painted("workers", .strong)
        + painted(
          "  \(head.workers.count)" + (slow.isEmpty ? "" : ", \(slow.count) hold the others up"),
          .faint)
    ]
    let shown = (slow + others).prefix(listed)
    let names = shown.map(\.name.count).max() ?? 0
    for worker in shown {
      let doing =
        worker.lease.map { lease in
          "\(lease), \(HumanFormat.duration(seconds: worker.leaseSeconds ?? 0))"
        } ?? worker.state
      let usual = worker.usualSeconds.map { parts in
        "usually " + HumanFormat.duration(seconds: parts.reduce(0, +))
      }
      let memory = worker.peakMemoryBytes.map { "  " + HumanFormat.bytes($0) }
      let text =
        "  " + worker.name.padded(to: min(names, width / 3)) + "  "
        + doing.padded(to: 26) + (usual ?? "").padded(to: 16) + (memory ?? "")
      lines.append(painted(fitted(text), worker.slow == nil ? .plain : .warning))
      if let why = worker.slow { lines.append(painted(fitted("    slow: \(why)"), .warning)) }
    }
    let rest = head.workers.count - shown.count
    if rest > 0 { lines.append(painted("  and \(rest) more", .faint)) }
    return lines + [""]
  }

  private func storage(_ head: RunHead) -> [String] {
    let storage = head.storage
    var parts: [String] = []
    if let newest = storage.checkpoints.last {
      parts.append(
        "\(HumanFormat.counted(storage.checkpointCount, "checkpoint")) to step \(newest.step), "
          + HumanFormat.bytes(storage.checkpointBytes))
    }
    if storage.journalBytes > 0 {
      parts.append("journal \(HumanFormat.bytes(storage.journalBytes))")
    }
    if let free = storage.freeBytes { parts.append("\(HumanFormat.bytes(free)) left on the disk") }
    return parts.isEmpty
      ? []
      : [
        painted("disk", .strong) + fitted("  " + parts.joined(separator: "; "), to: width - 4), "",
      ]
  }

  private func happenings(_ view: RunView) -> [String] {
    if view.events.isEmpty { return [] }
    let lines = view.events.suffix(listed).reversed().map { event in
      let who = event.worker.map { "\($0) " } ?? ""
      let why = event.detail.map { ": \($0)" } ?? ""
      let time = WallTime(seconds: event.time)?.description ?? "–"
      return fitted("  \(time)  step \(event.step)  \(who)\(event.event)\(why)")
    }
    return [painted("what happened", .strong)] + lines
  }

  // MARK: Text

  private enum Paint: String {
    case plain = ""
    case strong = "1"
    case faint = "2"
    case good = "32"
    case warning = "33"
    case bad = "31"
    case accent = "36"
  }

  private func painted(_ text: String, _ paint: Paint) -> String {
    hasColor && paint != .plain
      ? "\u{1B}[\(paint.rawValue)m\(text.visible)\u{1B}[0m" : text.visible
  }

  private func fitted(_ text: String, to room: Int? = nil) -> String {
    let (text, room) = (text.visible, max(0, room ?? width))
    return text.count <= room ? text : String(text.prefix(max(0, room - 1))) + "…"
  }

  private static func bytes(_ value: Double) -> String {
    HumanFormat.bytes(Int(exactly: value.rounded()) ?? 0)
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    count < width ? self + String(repeating: " ", count: width - count) : self
  }
}
