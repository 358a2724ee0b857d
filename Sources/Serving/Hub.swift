// Runs that are shown, and those who watch them: read once, sent to all. Lives on the page's one
// thread.

import Basics
import Foundation
import NIOCore
import Observability
import RunHistory
import TrainingRun

/// Who is told of every change. Called on the hub's thread.
protocol Watcher: AnyObject {
  /// Takes an event of the stream, unless it has too much to take already.
  func take(_ event: ByteBuffer) -> Bool
  /// Nothing comes any more.
  func finish()
}

final class Hub {
  private struct Run {
    var history: RunHistory
    /// As it was last told.
    var head: RunHead?
    var steps = Told()
    var evaluations = Told()
    var eventNumber = 0
  }

  /// What was told of a series: the last of those rows may have changed since.
  private struct Told {
    var generation = 0
    var rows = 0

    func view(_ series: SampledSeries) -> SeriesView {
      SeriesView(series, from: generation == series.generation ? max(0, rows - 1) : 0)
    }
  }

  private var runs: [Run] = []
  private var watchers: [ObjectIdentifier: any Watcher] = [:]
  /// Those that could not take an event: they get everything anew.
  private var behind: Set<ObjectIdentifier> = []
  /// The newest snapshot, until something changes.
  private var snapshot: ByteBuffer?
  private var toldAt: Instant = .monotonicNow()

  /// Those who watch at a time.
  static let watcherLimit = 200
  /// After so long a silence the moment is told.
  private static let heartbeat: Duration = .seconds(10)

  var runCount: Int { runs.count }

  func show(_ folders: [RunFolder]) {
    runs = folders.map { Run(history: RunHistory($0)) }
    snapshot = nil
  }

  func folder(of run: Int) -> RunFolder { runs[run].history.folder }

  // MARK: Reading

  /// Looks at every folder.
  /// - Returns: whether there is more to read at once.
  func refresh() -> Bool {
    var hasMore = false
    for place in runs.indices {
      if runs[place].history.refresh(at: .monotonicNow()) { hasMore = true }
    }
    return hasMore
  }

  func views() -> [RunView] { runs.map { $0.history.view(at: .now()) } }

  /// As JSON: a list of runs.
  func stateText() -> String { Self.json(views()) }

  // MARK: Telling

  /// - Returns: false when there are too many already.
  func add(_ watcher: some Watcher) -> Bool {
    guard watchers.count < Self.watcherLimit else { return false }
    watchers[ObjectIdentifier(watcher)] = watcher
    if !watcher.take(currentSnapshot()) { behind.insert(ObjectIdentifier(watcher)) }
    return true
  }

  func remove(_ watcher: some Watcher) {
    watchers[ObjectIdentifier(watcher)] = nil
    behind.remove(ObjectIdentifier(watcher))
  }

  /// Tells all who watch what has changed.
  func tell() {
    let now = Instant.monotonicNow()
    let changes = runs.indices.compactMap {
      change(of: $0, evenIfNone: now - toldAt > Self.heartbeat)
    }
    guard !changes.isEmpty else { return }
    toldAt = now
    snapshot = nil
    guard !watchers.isEmpty else { return }
    let event = Self.event("change", Self.json(changes))
    for (key, watcher) in watchers {
      let isBehind = behind.contains(key)
      if watcher.take(isBehind ? currentSnapshot() : event) {
        behind.remove(key)
      } else {
        behind.insert(key)
      }
    }
  }

  /// Tells all that this was the last word.
  func end() {
    for watcher in watchers.values {
      _ = watcher.take(Self.event("end", "{}"))
      watcher.finish()
    }
    watchers = [:]
  }

  private func change(of place: Int, evenIfNone isForced: Bool) -> RunChange? {
    let history = runs[place].history
    let (steps, evaluations) = (
      runs[place].steps.view(history.steps), runs[place].evaluations.view(history.evaluations)
    )
    let head = history.head(at: .now())
    let events = history.events.filter { $0.number > runs[place].eventNumber }
    var told = runs[place].head
    told?.now = head.now
    guard isForced || told != head || !events.isEmpty else { return nil }
    runs[place].head = head
    runs[place].steps = Told(
      generation: history.steps.generation, rows: history.steps.rows.count)
    runs[place].evaluations = Told(
      generation: history.evaluations.generation, rows: history.evaluations.rows.count)
    runs[place].eventNumber = events.last?.number ?? runs[place].eventNumber
    return RunChange(
      run: place, head: head, steps: steps, evaluations: evaluations, events: events)
  }

  private func currentSnapshot() -> ByteBuffer {
    if let snapshot { return snapshot }
    let made = Self.event("snapshot", stateText())
    snapshot = made
    return made
  }

  private static func event(_ name: String, _ json: String) -> ByteBuffer {
    ByteBuffer(string: "event: \(name)\ndata: \(json)\n\n")
  }

  private static func json(_ value: some Encodable) -> String {
    // Every number in it is finite.
    (try? JSONText.encode(value, .line)) ?? "[]"
  }
}
