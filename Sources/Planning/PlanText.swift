// A plan as a page for people. Not here: where its numbers come from (RunPlan), or JSON
// (PlanAnswer).

import Basics
import Coordination
import TrainingRun

/// What is said beside the numbers.
package struct PlanContext: Sendable {
  /// Of the run: "run.yaml: NeighborMAE, small".
  package var title: String
  /// Where the speed comes from: "measured here: 4 microbatches of 8 pairs".
  package var source: String
  /// What is not known, and why, each a sentence.
  package var unknown: [String] = []
  /// Of a machine; nil where it is not known.
  package var memoryBytes: Int?
  /// Where the run's folder is to be, and what is free there; nil where it is not known.
  package var disk: (path: String, free: Int)?

  package init(title: String, source: String) {
    self.title = title
    self.source = source
  }
}

extension RunPlan {
  /// The page, without a line break at the end.
  package func text(_ context: PlanContext) -> String {
    var lines = heading(context)
    for (title, rows) in [
      ("Time", timeRows), ("Traffic of the coordinator's link", trafficRows),
      ("Memory, at its peak", memoryRows(context)), ("Disk of the coordinator", diskRows(context)),
    ] {
      lines += ["", title] + Self.indented(TextTable.lines(rows, flushLeft: [1]))
    }
    lines += ["", "More workers"] + Self.indented(TextTable.lines(workerRows, flushLeft: [4]))
    lines += ["", "The limit is \(limit.sentence)."]
    for finding in findings(memory: context.memoryBytes, disk: context.disk) {
      lines.append("- " + finding.sentence(sample: run.sample))
    }
    lines += context.unknown.map { "- Not known: \($0)." }
    return lines.joined(separator: "\n")
  }

  private static func indented(_ lines: [String]) -> [String] { lines.map { "  " + $0 } }

  private func heading(_ context: PlanContext) -> [String] {
    let place = link.map { "each on a machine of its own, \($0)" } ?? "all on this machine"
    return [
      "\(context.title), \(HumanFormat.count(run.parameters)) parameters",
      "\(HumanFormat.counted(run.steps, "step")) of \(run.microbatches) microbatches of "
        + "\(HumanFormat.counted(run.pairsPerMicrobatch, run.sample))",
      "\(HumanFormat.counted(workers, "worker")) of "
        + "\(HumanFormat.counted(machine.threads, "thread")), \(place)",
      "speed: \(context.source)",
    ]
  }

  // MARK: - Sections

  private var timeRows: [[String]] {
    let (cost, parts) = (cost, cost.parts)
    func share(_ seconds: Double) -> String {
      "\(Self.time(seconds)), \(HumanFormat.percent(seconds / parts.total, places: 0))"
    }
    let exchange = parts.link + parts.processing + parts.waiting
    var rows = [
      ["a step", "\(Self.time(cost.seconds)) (\(Self.range(cost.bounds)))"],
      ["  computing", share(parts.computing)],
      ["  exchange", share(exchange)],
    ]
    if link != nil {
      rows += [
        ["    the link", share(parts.link)],
        ["    the coordinator's work", share(parts.processing)],
        ["    messages on their way", share(parts.waiting)],
      ]
    }
    rows.append([
      "speed", HumanFormat.rate(pairsPerSecond(workers: workers), of: run.sample + "s"),
    ])
    if run.evaluationMicrobatches > 0 {
      rows.append([
        "evaluations",
        "\(HumanFormat.count(run.evaluations)) of \(Self.time(evaluationSeconds))",
      ])
    }
    rows.append(["the whole run", Self.time(secondsInAll)])
    if let passes = run.passes, let chips = run.trainingChips {
      let times = HumanFormat.significant(passes)
      rows.append([
        "training chips", "\(HumanFormat.count(chips)), each \(times) times an anchor",
      ])
    }
    return rows
  }

  private var trafficRows: [[String]] {
    let (up, down) = (cost.bytesUp, cost.bytesDown)
    let stepsADay = 86_400 / cost.seconds
    func row(_ name: String, _ factor: Double) -> [String] {
      [name, "\(Self.bytes(up * factor)) in, \(Self.bytes(down * factor)) out"]
    }
    return [row("a step", 1), row("a day", stepsADay), row("in all", Double(run.steps))]
  }

  private func memoryRows(_ context: PlanContext) -> [[String]] {
    let least = MemoryNeeds.coordinatorBytes(
      parameters: run.parameters, keepsAverage: run.keepsAverage)
    var rows = [
      [
        "the coordinator",
        "\(HumanFormat.bytes(coordinatorBytes)); it is refused with less than "
          + HumanFormat.bytes(least),
      ],
      ["a worker", HumanFormat.bytes(workerBytes)],
    ]
    if link == nil {
      rows.append(["all", HumanFormat.bytes(coordinatorBytes + workers * workerBytes)])
    }
    if let bytes = context.memoryBytes { rows.append(["this machine", HumanFormat.bytes(bytes)]) }
    return rows
  }

  private func diskRows(_ context: PlanContext) -> [[String]] {
    let disk = DiskNeeds(of: run)
    var rows = [
      [
        "checkpoints",
        "\(disk.checkpointsKept) of \(HumanFormat.bytes(disk.checkpointBytes)), and one more for a while",
      ],
      [
        "journal",
        disk.journalBytes == 0
          ? "none"
          : "\(HumanFormat.bytes(disk.journalStepBytes)) a step, "
            + "\(HumanFormat.bytes(disk.journalBytes)) at most",
      ],
      ["metrics", HumanFormat.bytes(disk.metricsBytes)],
      [
        "in all",
        "\(HumanFormat.bytes(disk.peakBytes)), \(HumanFormat.bytes(disk.bytesAtEnd)) at the end",
      ],
    ]
    if let (path, free) = context.disk {
      rows.append(["free", "\(HumanFormat.bytes(free)) at \(path)"])
    }
    return rows
  }

  private var workerRows: [[String]] {
    let alone = cost(workers: 1).seconds
    return [["workers", "a step", "\(run.sample)s/s", "speed-up", "limit"]]
      + tabled.map { count in
        let seconds = cost(workers: count).seconds
        return [
          "\(count)", Self.time(seconds),
          HumanFormat.significant(pairsPerSecond(workers: count)),
          HumanFormat.decimal(alone / seconds, places: 1), limit(workers: count).rawValue,
        ]
      }
  }

  // MARK: - Numbers

  private static func time(_ seconds: Double) -> String { PlanFinding.time(seconds) }

  private static func range(_ bounds: ClosedRange<Double>) -> String {
    "\(time(bounds.lowerBound)) to \(time(bounds.upperBound))"
  }

  private static func bytes(_ count: Double) -> String {
    HumanFormat.bytes(Int(min(count, 9e18)))
  }
}
