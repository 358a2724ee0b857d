// A run as its folder tells of it, read a piece at a time. The one source of page, terminal,
// Prometheus and TensorBoard. Reading only: a run does not notice who looks.

import Basics
import Configuration
import Foundation
import Observability

/// What is known of one run so far, in bounded memory.
package struct RunHistory: Sendable {
  package let folder: RunFolder
  /// What it is called where it is shown.
  private let name: String
  /// What was measured at steps.
  package private(set) var steps = SampledSeries()
  /// What was measured on what is held out.
  package private(set) var evaluations = SampledSeries()
  /// The newest ones.
  package private(set) var events: [RunEventView] = []
  /// Another one whenever the events before are none of the run's any more.
  package private(set) var eventGeneration = 0
  private var eventCount = 0
  private var tail: MetricsTail
  private var pace = Pace()
  private var totals = RunSummary.Totals()
  private var newest: MetricsEntry?
  private var newestEvaluation: MetricsEntry?
  private var newestStep = 0
  private var foreignLines = 0
  private var files: RunFiles
  private var problem: String?

  /// Events that are kept.
  package static let eventLimit = 300

  /// - Parameter name: what it is called; the folder's name unless given.
  package init(_ folder: RunFolder, name: String? = nil) {
    self.folder = folder
    self.name = name ?? Files.name(of: folder.path)
    tail = MetricsTail(path: folder.metrics)
    files = RunFiles(folder)
  }

  /// Reads what is new, of the metrics about a mebibyte.
  /// - Returns: whether there is more to read at once.
  package mutating func refresh(at now: Instant) -> Bool {
    files.refresh(at: now)
    do throws(FileError) {
      let batch = try tail.next()
      problem = nil
      if batch.beginsAnew { begin() }
      foreignLines += batch.foreignLines
      for entry in batch.entries { take(entry) }
      return batch.hasMore
    } catch {
      problem = "\(error)"
      return false
    }
  }

  private mutating func begin() {
    steps.clear()
    evaluations.clear()
    (pace, totals) = (Pace(), RunSummary.Totals())
    (newest, newestEvaluation) = (nil, nil)
    (newestStep, foreignLines) = (0, 0)
    events = []
    eventGeneration += 1
  }

  private mutating func take(_ entry: MetricsEntry) {
    totals.add(entry)
    switch entry.kind {
    case StepRecord.kind:
      newest = entry
      newestStep = entry.step.index
      if let seconds = entry.number("seconds"), seconds.isFinite, seconds >= 0 {
        pace.add(seconds)
      }
      steps.add(entry.numbers(but: Self.notPlotted), at: entry.step.index, entry.time)
    case EvaluationRecord.kind:
      newestEvaluation = entry
      evaluations.add(entry.numbers(but: Self.notPlotted), at: entry.step.index, entry.time)
    case EventRecord.kind:
      eventCount += 1
      if events.count == Self.eventLimit { events.removeFirst() }
      events.append(
        RunEventView(
          number: eventCount, time: entry.time.seconds, step: entry.step.index,
          event: entry.text("event") ?? "unknown", worker: entry.text("worker"),
          detail: entry.text("detail")))
    default:
      return
    }
  }

  /// Numbers that are the same at every step, or of one moment.
  private static let notPlotted: Set<String> = ["pairs", "remainingSeconds"]

  /// Losses that are weighted as the model's is; where no loss is, they have no word for it.
  private static func isBaseline(_ column: String) -> Bool {
    column != "weightedLoss" && (column.hasSuffix("Weighted") || column == "patchMean")
  }

  // MARK: What is shown

  /// Everything.
  package func view(at now: WallTime) -> RunView {
    RunView(
      head: head(at: now), steps: SeriesView(steps), evaluations: SeriesView(evaluations),
      events: events)
  }

  /// Where the run stands.
  package func head(at now: WallTime) -> RunHead {
    let (state, sentence) = standing(at: now)
    var head = RunHead(
      name: name, folder: folder.path, state: state, sentence: sentence, now: now.seconds)
    head.step = newestStep
    head.steps = files.plan?.steps
    head.model = files.plan?.text
    head.sample = files.plan?.sample ?? head.sample
    head.began = totals.firstTime
    head.newest = newest?.time.seconds
    head.latest = newest?.finiteNumbers ?? [:]
    head.latestEvaluation = newestEvaluation?.finiteNumbers ?? [:]
    head.evaluatedStep = newestEvaluation?.step.index
    head.baselines = evaluations.columns.filter(Self.isBaseline)
    head.totals = totals
    head.storage = files.storage
    head.picture = files.picture
    head.problems = problems
    if let seconds = pace.median, seconds > 0 {
      head.secondsPerStep = seconds
      head.pairsPerSecond = head.latest["pairs"].flatMap { ($0 / seconds).finite }
      if state == .running, let steps = head.steps, steps > newestStep {
        head.secondsLeft = (seconds * Double(steps - newestStep)).finite
      }
    }
    if state == .running, let status = files.status {
      head.coordinator = status.coordinator
      head.address = status.address
      head.workers = status.workers
    }
    return head
  }

  private var problems: [String] {
    var problems = files.problems + (problem.map { [$0] } ?? [])
    if foreignLines > 0 {
      problems.append(
        "\(HumanFormat.counted(foreignLines, "line")) of the metrics cannot be read: terrane verify "
          + "\(folder.path.shellWord) says which")
    }
    return problems
  }

  private func standing(at now: WallTime) -> (RunHead.State, String) {
    // Who goes on with a run that ended leaves its summary until it is at work.
    if let status = files.status, files.isStatusFresh(at: now) {
      return (.running, status.activity)
    }
    if let summary = files.summary {
      let state: RunHead.State =
        switch summary.outcome {
        case .finished: .finished
        case .stopped: .stopped
        case .diverged: .diverged
        case .failed: .failed
        }
      return (state, summary.reason)
    }
    if let status = files.status {
      let age = HumanFormat.duration(seconds: max(0, now.seconds - status.time))
      return (
        .silent,
        "its coordinator has said nothing for \(age): it was ended from outside, or cannot reach "
          + "this folder"
      )
    }
    if !folder.holdsRun { return (.absent, "there is no run in this folder yet") }
    if let steps = files.plan?.steps, newestStep >= steps {
      return (.finished, "all \(steps) steps are done")
    }
    return (.silent, "no coordinator is at work here")
  }
}

extension MetricsEntry {
  fileprivate var finiteNumbers: [String: Double] {
    Dictionary(
      numbers(but: []).filter { $0.value.isFinite }.map { ($0.key, $0.value) },
      uniquingKeysWith: { $1 })
  }

  fileprivate func numbers(but others: Set<String>) -> [(key: String, value: Double)] {
    fields.compactMap { field in
      if others.contains(field.key) { return nil }
      return number(field.key).map { (field.key, $0) }
    }
  }
}
