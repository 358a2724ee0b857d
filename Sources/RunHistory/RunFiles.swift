// What lies in a run's folder beside its metrics, looked at now and then.

import Basics
import Checkpoints
import Configuration
import Observability

struct RunFiles: Sendable {
  /// What the configuration says of the run.
  struct Plan: Sendable {
    let steps: Int
    /// What people call a sample, in the singular.
    let sample: String
    let text: String
  }

  private let folder: RunFolder
  private(set) var status: RunStatus?
  private(set) var summary: RunSummary?
  private(set) var plan: Plan?
  private(set) var storage = RunStorage()
  /// When the sheet of reconstructions was written, in seconds since 1970.
  private(set) var picture: Double?
  private(set) var problems: [String] = []
  private var statusSeen: Instant?
  private var isStatusSeenLately = false
  private var nextLook: Instant?
  /// By the name of a checkpoint's folder, which never changes.
  private var checkpointSizes: [Step: RunStorage.Checkpoint] = [:]

  /// Between two looks at what changes seldom.
  private static let interval: Duration = .seconds(5)
  /// A status is old when none took its place for so long.
  private static let patienceSeconds = 15.0
  /// Or for so long after the next one was due: who loads says so once in minutes.
  private static let delaySeconds = 10.0
  private static let limitBytes = 4 << 20

  init(_ folder: RunFolder) { self.folder = folder }

  mutating func refresh(at now: Instant) {
    let found = JSONText.value(
      RunStatus.self, at: folder.status, limitBytes: Self.limitBytes)
    if let found, found != status, status != nil { statusSeen = now }
    status = found
    isStatusSeenLately = statusSeen.map { now - $0 < .seconds(Self.patienceSeconds) } ?? false
    summary = JSONText.value(RunSummary.self, at: folder.summary, limitBytes: Self.limitBytes)
    if let nextLook, now < nextLook { return }
    nextLook = now + Self.interval
    problems = []
    lookAtPlan()
    do throws(FileError) { try lookAtStorage() } catch { problems.append("\(error)") }
    picture = Files.modified(folder.picture)
  }

  /// Whether a coordinator is at work: its file says a time of now, or was seen to change. Clocks
  /// of machines may differ.
  func isStatusFresh(at now: WallTime) -> Bool {
    guard let status else { return false }
    let patience = max(Self.patienceSeconds, Self.delaySeconds + status.intervalSeconds)
    return isStatusSeenLately || abs(now.seconds - status.time) < patience
  }

  private mutating func lookAtPlan() {
    guard plan == nil, folder.holdsRun else { return }
    do {
      let configuration = try RunConfiguration.load(resolved: folder.configuration)
      let training = configuration.training
      plan = Plan(
        steps: training.steps, sample: configuration.model.objective.sampleName,
        text: "\(configuration.model.objective.title) \(configuration.model.preset.rawValue), "
          + "\(training.microbatchesPerStep) × \(training.pairsPerMicrobatch) "
          + "\(configuration.model.objective.sampleName)s a step")
    } catch {
      problems.append("the configuration cannot be read: \(error)")
    }
  }

  private mutating func lookAtStorage() throws(FileError) {
    var found = RunStorage()
    if let size = FileSystemSize(of: folder.path) {
      (found.freeBytes, found.diskBytes) = (size.freeBytes, size.bytes)
    }
    found.metricsBytes = Self.byteCount(folder.metrics)
    if Files.isFolder(folder.journal) {
      for name in try Files.list(folder.journal) {
        found.journalBytes += Self.byteCount(folder.journal + "/" + name)
      }
    }
    if Files.isFolder(folder.checkpoints) {
      let store = CheckpointStore(reading: folder.checkpoints)
      let steps = try store.list()
      checkpointSizes = checkpointSizes.filter { steps.contains($0.key) }
      for step in steps where checkpointSizes[step] == nil {
        checkpointSizes[step] = try? Self.checkpoint(step, at: store.path(of: step))
      }
      let all = steps.compactMap { checkpointSizes[$0] }
      found.checkpointCount = all.count
      found.checkpointBytes = all.reduce(0) { $0 + $1.bytes }
      found.checkpoints = all.suffix(RunStorage.listed)
    }
    storage = found
  }

  private static func checkpoint(
    _ step: Step, at path: String
  ) throws(FileError) -> RunStorage.Checkpoint {
    var bytes = 0
    for name in try Files.list(path) { bytes += byteCount(path + "/" + name) }
    return RunStorage.Checkpoint(step: step.index, bytes: bytes, time: Files.modified(path))
  }

  /// 0 of what is not there any more. Nothing is opened: whatever else lies there, such as a pipe,
  /// must not hold the page up.
  private static func byteCount(_ path: String) -> Int { Files.byteCount(of: path) ?? 0 }
}
