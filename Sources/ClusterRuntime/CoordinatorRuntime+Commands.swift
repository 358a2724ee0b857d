// What each order of the core means on this machine.

import Basics
import Checkpoints
import Coordination
import Observability
import Transport
import Wire

extension CoordinatorRuntime {
  /// - Returns: the event that tells the core what came of it, where it waits for one.
  func execute(_ command: CoordinatorCommand) -> CoordinatorEvent? {
    switch command {
    case .send(let message, let worker):
      return send(message, to: worker)
    case .sendReplicaChunk(let chunk, let have, let worker, let stamp):
      let (from, payload) = store.chunk(chunk, have: have)
      let answer = CoordinatorMessage.replicaChunk(
        chunk: chunk, from: from, to: store.step, payload: payload)
      return send(Stamped(stamp: stamp, message: answer), to: worker)
    case .reduce(let chunk, let microbatch, let payload, let lease, let worker):
      do {
        try store.reduce(chunk, isFirst: microbatch == 0, payload: payload)
        if microbatch == run.configuration.training.microbatchesPerStep - 1 {
          journal?.stage(chunk)
        }
        return .reduced(chunk, microbatch: microbatch)
      } catch {
        return .reductionRefused(
          chunk, microbatch: microbatch, lease, from: worker, reason: "\(error)",
          isNotFinite: error is NotFinite)
      }
    case .measure(let outcome):
      return .measured(norm: store.gradientNorm(hiddenPixels: outcome.sums.hidden))
    case .digestGradient:
      return .digested(store.gradientDigest)
    case .update(let outcome, let norm):
      return update(outcome, norm)
    case .skip(_, let norm):
      return skip(norm)
    case .commit(let commit):
      return self.commit(commit)
    case .recordEvaluation(let outcome):
      record(outcome)
    case .recordEvent(let kind, let worker, let detail, let step):
      append(EventRecord(step: step, event: kind, worker: worker, detail: detail))
    case .saveCheckpoint(let position):
      return saveCheckpoint(position)
    case .forget(let worker):
      peers.forget(worker)
    case .log(let level, let text):
      logger.log(level: level.severity, "\(text)")
    case .end(let kind, let reason):
      ending = (kind, reason)
    }
    return nil
  }

  /// A worker that takes nothing more is cut off, and what waits for it is dropped: it connects and greets anew.
  private func send(
    _ message: Stamped<CoordinatorMessage>, to worker: WorkerID
  ) -> CoordinatorEvent? {
    guard let peer = peers.peer(of: worker) else { return nil }
    if case .welcome = message.message {
      peers.welcome(worker)
      endpoint.keep(peer)
    }
    do {
      let frames = try message.frames()
      bytesOut += frames.reduce(0) { $0 + $1.count }
      if endpoint.send(frames, to: peer, timeout: .zero) == .full {
        endpoint.disconnect(peer)
        return .disconnected(worker)
      }
    } catch {
      logger.error("a message to worker \(worker) was not sent: \(error)")
    }
    return nil
  }

  private func update(_ outcome: StepOutcome, _ norm: Double) -> CoordinatorEvent {
    let stall = checkpoints.waitUntilCopied()
    if stall > .milliseconds(1) {
      logger.info("the update waited \(HumanFormat.duration(stall)) for a checkpoint's copy")
    }
    lastUpdate = store.update(hiddenPixels: outcome.sums.hidden, norm: norm)
    return .updated(store.digest, isFinite: lastUpdate.isFinite)
  }

  private func skip(_ norm: Double) -> CoordinatorEvent {
    lastUpdate = store.skip(norm: norm)
    // In the place of what was staged of a sum that is not kept.
    for chunk in store.grid.chunks { journal?.stage(chunk) }
    return .updated(store.digest, isFinite: true)
  }

  /// Hands the step to the journal; it is told to nobody before it is durable.
  private func commit(_ commit: StepCommit) -> CoordinatorEvent? {
    let seconds = (Instant.monotonicNow() - commit.outcome.started).seconds
    let record = StepRecord(
      commit, lastUpdate,
      StepCircumstances(seconds: seconds, bytesIn: bytesIn, bytesOut: bytesOut),
      after: evaluation?.chain ?? state.chain)
    let entry = MetricsEntry(record, at: .now())
    let next = state.next(commit, record: record, arithmetic: Arithmetic.version)
    pendingCommit = PendingCommit(state: next, record: record, entry: entry)
    let step = commit.position.step
    guard let journal else { return .committed(step, journalBytes: 0) }
    let note = JournalNote(
      state: next, previousChain: state.chain, hiddenPixels: commit.outcome.sums.hidden,
      isSkipped: commit.isSkipped, metrics: [evaluation?.entry, entry].compactMap { $0 })
    do {
      journal.commit(step, note: try note.encoded())
      return nil
    } catch {
      return .commitFailed(step, reason: "\(error)")
    }
  }

  private func saveCheckpoint(_ position: RunPosition) -> CoordinatorEvent? {
    var state = state
    // With what was decided since the newest step.
    state.position = position
    let isBegun = checkpoints.begin(
      step: position.step, tensors: store.tensors, replicaDigest: position.digest, state: state)
    guard isBegun else {
      return .checkpointFailed(position.step, reason: "the one before is still being written")
    }
    journal?.rotate()
    return nil
  }

  /// The step survives: it counts now.
  func completeCommit() {
    guard let commit = pendingCommit else { return }
    pendingCommit = nil
    evaluation = nil
    state = commit.state
    (bytesIn, bytesOut) = (0, 0)
    append(commit.entry)
    progress.update(commit.record, at: .monotonicNow())
  }

  /// A newer checkpoint is safe: the journal need not reach as far back.
  func keepJournal(since saved: Step) {
    savedSteps = (savedSteps + [saved]).suffix(2)
    let kept = run.configuration.checkpoints.keepLast
    journal?.drop(
      through: JournalBase.step(checkpoints: savedSteps, kept: kept), newestCheckpoint: saved)
    do {
      try metrics.synchronize()
    } catch {
      logger.error("\(error)")
    }
  }

  private func record(_ outcome: EvaluationOutcome) {
    let record = EvaluationRecord(outcome, after: state.chain)
    let entry = MetricsEntry(record, at: .now())
    evaluation = RecordedEvaluation(entry: entry, chain: record.chain)
    append(entry)
    func text(_ losses: EvaluationRecord.Losses) -> String {
      HumanFormat.decimal(losses.weighted, places: 4)
    }
    logger.info(
      """
      held out, step \(outcome.step): weighted loss \(text(record.model)), of patch means \
      \(text(record.patchMean)), of copying \(text(record.copy))
      """)
  }

  private func append(_ record: some MetricsRecord) {
    append(MetricsEntry(record, at: .now()))
  }

  /// A full disk must not end the run it tells of: a record that cannot be written is said once in the log.
  private func append(_ entry: MetricsEntry) {
    do {
      try metrics.append(entry)
    } catch {
      logger.error("\(error); this \(entry.kind) record is missing from the metrics")
    }
  }
}

/// A step between its update and the disk's word that it is safe.
struct PendingCommit {
  /// After the step.
  let state: RunState
  let record: StepRecord
  let entry: MetricsEntry
}
