// Runs that are shown, and those who watch them: read once, sent to all. Lives on the page's one
// thread.

import Basics
import Foundation
import NIOCore
import Observability
import RunHistory

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
    var eventGeneration = 0
    var picture: Picture?
  }

  /// A file's bytes, and what tells that they are no longer its.
  private struct Picture {
    let stamp: FileStamp
    let bytes: ByteBuffer
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
  /// A larger picture is not shown.
  private static let pictureLimitBytes = 32 << 20
  /// After so long a silence the moment is told.
  private static let heartbeat: Duration = .seconds(10)

  var runCount: Int { runs.count }

  /// Whether there may be one more who watches.
  var hasRoom: Bool { watchers.count < Self.watcherLimit }

  func show(_ folders: [RunFolder]) {
    runs = zip(folders, ShownNames.of(folders.map(\.path))).map { folder, name in
      Run(history: RunHistory(folder, name: name))
    }
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
  func stateText() throws -> String { try JSONText.encode(views(), .line) }

  /// The newest sheet of a run's reconstructions; nil when there is none. Read once, however many
  /// have yet to take it.
  func picture(of run: Int) -> ByteBuffer? {
    let file = try? FileReader(folder(of: run).picture)
    guard let file, let stamp = try? file.stamp(), stamp.byteCount <= Self.pictureLimitBytes else {
      runs[run].picture = nil
      return nil
    }
    if let known = runs[run].picture, known.stamp == stamp { return known.bytes }
    guard let bytes = try? file.bytes(at: 0, count: stamp.byteCount), !bytes.isEmpty else {
      return nil
    }
    let read = ByteBuffer(bytes: bytes)
    runs[run].picture = Picture(stamp: stamp, bytes: read)
    return read
  }

  // MARK: Telling

  /// - Precondition: there is room.
  func add(_ watcher: some Watcher) {
    precondition(hasRoom)
    let key = ObjectIdentifier(watcher)
    watchers[key] = watcher
    give(currentSnapshot(), to: watcher, key)
  }

  private func give(_ event: ByteBuffer?, to watcher: any Watcher, _ key: ObjectIdentifier) {
    if let event, watcher.take(event) {
      behind.remove(key)
    } else if watchers[key] != nil {
      // Who takes nothing for too long is gone by now.
      behind.insert(key)
    }
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
    let event = Self.event("change", changes)
    for (key, watcher) in watchers {
      give(behind.contains(key) ? currentSnapshot() : event, to: watcher, key)
    }
  }

  /// Tells all that this was the last word.
  func end() {
    for watcher in watchers.values {
      if let event = Self.event("end", [String: String]()) { _ = watcher.take(event) }
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
    let eventsBeginAnew = history.eventGeneration != runs[place].eventGeneration
    let events = history.events.filter { $0.number > runs[place].eventNumber }
    var told = runs[place].head
    told?.now = head.now
    guard isForced || told != head || !events.isEmpty || eventsBeginAnew else { return nil }
    runs[place].head = head
    runs[place].steps = Told(
      generation: history.steps.generation, rows: history.steps.rows.count)
    runs[place].evaluations = Told(
      generation: history.evaluations.generation, rows: history.evaluations.rows.count)
    runs[place].eventNumber = events.last?.number ?? runs[place].eventNumber
    runs[place].eventGeneration = history.eventGeneration
    return RunChange(
      run: place, head: head, steps: steps, evaluations: evaluations, events: events,
      eventsBeginAnew: eventsBeginAnew)
  }

  private func currentSnapshot() -> ByteBuffer? {
    if let snapshot { return snapshot }
    snapshot = Self.event("snapshot", views())
    return snapshot
  }

  /// Nil for what cannot be JSON: then `/state` says why.
  private static func event(_ name: String, _ value: some Encodable) -> ByteBuffer? {
    guard let json = try? JSONText.encode(value, .line) else { return nil }
    return ByteBuffer(string: "event: \(name)\ndata: \(json)\n\n")
  }
}
