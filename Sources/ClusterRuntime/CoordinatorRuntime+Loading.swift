// From a run's folder to a coordinator that can go on.

import Basics
import Checkpoints
import Coordination
import Logging
import Observability
import TrainingRun
import Transport
import Wire

extension CoordinatorRuntime {
  /// A coordinator that listens. While it loads, the run's status says so; where nothing comes of
  /// it, that word is taken back, and what the run came to before stays.
  static func load(
    _ run: PreparedRun, _ service: CoordinatorService, _ keys: CoordinatorKeys?, _ lock: RunLock,
    listener: StopListener
  ) throws -> CoordinatorRuntime {
    let statusFile = StatusFile(run.folder)
    statusFile.tellLoading()
    do {
      return try CoordinatorRuntime(run, service, keys, lock, statusFile, listener: listener)
    } catch {
      statusFile.remove()
      throw error
    }
  }

  /// Brings `store` to the newest committed step and says from where.
  static func recover(
    _ run: PreparedRun, from checkpoints: CheckpointStore, _ journal: JournalReader,
    into store: ParameterStore, _ logger: Logger
  ) throws -> RecoveredRun {
    let started = Instant.monotonicNow()
    let recovered = try RunRecovery(
      start: RunState(startOf: run, digest: store.digest),
      checkpoints: checkpoints, journal: journal
    ).recover(into: store)
    for rejection in recovered.rejected {
      // Counted among those that are kept, it would take the place of a whole one.
      let place = try checkpoints.setAside(rejection.step)
      logger.warning(
        "passed over the checkpoint of step \(rejection.step): \(rejection.reason); it is now \(place)"
      )
    }
    if !recovered.rejected.isEmpty && recovered.checkpoint == nil {
      logger.warning("no checkpoint of \(run.folder.path) is whole; starting again at step 0")
    }
    if let checkpoint = recovered.checkpoint { logger.info("loaded \(checkpoint.path)") }
    if !recovered.notes.isEmpty {
      let seconds = HumanFormat.duration(Instant.monotonicNow() - started)
      logger.info(
        """
        made \(HumanFormat.counted(recovered.notes.count, "step")) again from the journal, up to step \
        \(recovered.state.position.step) (\(seconds) with loading)
        """)
    }
    if !recovered.replayed.isNormal { logger.warning("\(recovered.replayed)") }
    if let change = recovered.state.changeOfArithmetic(to: Arithmetic.version) {
      logger.warning("\(change)")
    }
    return recovered
  }

  /// Brings the metrics to the recovered step, and says what was wrong with them.
  static func openMetrics(
    of run: PreparedRun, _ restoration: MetricsRestoration, _ recovered: RecoveredRun,
    _ journal: JournalReader, _ logger: Logger
  ) throws -> MetricsFile {
    try restoration.open(
      isJournaled: run.keepsJournal,
      notes: {
        // The steps made again are known; those before the checkpoint are read only when they are
        // wanted.
        let first = recovered.notes.first?.state.position.step ?? recovered.state.position.step.next
        guard restoration.needsLines(before: first), let start = try journal.start() else {
          return recovered.notes
        }
        var notes: [StepNote] = []
        _ = try journal.replay(after: start) { notes.append(try StepNote(decoding: $0.note)) }
        return notes
      },
      warn: { logger.warning("\($0)") })
  }

  /// - Parameter evaluation: that of the state's step, if it is recorded already.
  static func executor(
    of run: PreparedRun, _ store: ParameterStore, _ state: RunState,
    _ evaluation: RecordedEvaluation?
  ) -> CoordinatorExecutor {
    let configuration = run.configuration
    return CoordinatorExecutor(
      store: store, state: state, evaluation: evaluation, keepsJournal: run.keepsJournal,
      bestInterval: configuration.checkpoints.keepBest
        ? configuration.checkpoints.everySteps : nil,
      forecast: StepForecast(
        steps: configuration.training.steps, model: run.model,
        imagesPerSample: configuration.model.objective.imagesPerSample))
  }

  /// The metrics say where a run went on, unless there was nothing left to do or it has not begun.
  static func recordResumption(
    in metrics: some MetricsSink, _ recovered: RecoveredRun
  ) throws {
    if recovered.checkpoint == nil && recovered.notes.isEmpty { return }
    let from = recovered.checkpoint.map { "the checkpoint of step \($0.step)" } ?? "the start"
    let detail =
      "from \(from) and \(HumanFormat.counted(recovered.notes.count, "step")) of the journal"
    let step = recovered.state.position.step
    try metrics.append(EventRecord(step: step, event: "resumed", detail: detail), at: .now())
  }

  /// - Parameter tell: called on the writing thread with what the core is to hear.
  static func checkpointWriter(
    _ checkpoints: CheckpointStore, _ run: PreparedRun, _ store: ParameterStore, _ logger: Logger,
    _ tell: @escaping @Sendable (CoordinatorEvent) -> Void
  ) throws -> CheckpointWriter {
    let kept = run.configuration.checkpoints
    return try CheckpointWriter(
      store: checkpoints, layout: store.layout,
      keepsAverage: store.tensors.average != nil, metadata: try run.modelMetadata,
      retention: CheckpointRetention(
        last: kept.keepLast, every: kept.keepEvery > 0 ? kept.keepEvery : nil)
    ) { outcome, times in
      if case .failure(let error)? = outcome.retention {
        logger.warning("older checkpoints could not be removed: \(error)")
      }
      if case .success(let checkpoint) = outcome.result {
        logger.info(
          """
          checkpoint \(checkpoint.path) (copied in \(HumanFormat.duration(times.copying)), \
          written in \(HumanFormat.duration(times.writing)))
          """)
      }
      tell(outcome.event)
    }
  }

  /// Nil when none is to be kept.
  static func openJournal(
    of run: PreparedRun, after step: Step, _ store: ParameterStore,
    _ tell: @escaping @Sendable (CoordinatorEvent) -> Void
  ) throws -> JournalThread? {
    guard run.keepsJournal else { return nil }
    let writer = try JournalWriter(
      folder: run.folder.journal, run: run.identity, grid: store.grid, after: step)
    return try JournalThread(
      JournalKeeper(writer, for: store), chunkCount: store.grid.chunkCount, tell: tell)
  }
}

extension EndpointLimits {
  /// Room in each outbox for two windows of chunks beside all that is small; for who has not been
  /// welcomed, room for a greeting and its answer.
  init(window: Int) {
    self.init()
    frameBytes = WireLimits.frameBytes
    framesPerMessage = WireLimits.framesPerMessage
    outboxBytesPerPeer = max(outboxBytesPerPeer, 2 * window * WireLimits.frameBytes + (8 << 20))
    outboxBytesPerStranger = 64 << 10
    unreadBytesPerStranger = 2 * WireLimits.headerBytes
    unreadBytesOfStrangers = 16 * WireLimits.headerBytes
  }

  /// Connections that are kept free for those who are about to join, or to be told that they
  /// cannot.
  private static let connectionsOfStrangers = 4

  /// The workers that connections suffice for.
  var memberLimit: MemberLimit {
    let bound = possibleConnections < connections ? ResourceLimit.openFiles.explanation : nil
    return MemberLimit(
      count: possibleConnections - Self.connectionsOfStrangers,
      reason: bound ?? "it takes \(connections) connections")
  }
}
