// Carries out the orders of the coordinator's core: the one place where they meet parameters,
// journal, checkpoints and records. A run and the simulator both use it. Not here: what is ordered
// when, and threads, sockets and clocks.

import Basics
import Coordination
import Observability
import Wire

/// A mistake that the simulator puts into the executor to see that it is found. A run has none.
package enum ExecutorMistake: Sendable {
  /// A chunk of the sum goes to the journal before its last gradient is in it.
  case earlyStage
  /// A segment of the journal is dropped that the checkpoint before the newest one needs.
  case earlyDrop
}

/// What a step's messages came to.
package struct Traffic: Sendable {
  package var bytesIn = 0
  package var bytesOut = 0
}

/// The numbers of a run between two events of its coordinator. One thread calls it.
package final class CoordinatorExecutor {
  package let store: ParameterStore
  /// At the newest recorded step.
  package private(set) var state: RunState
  /// Since the newest recorded step; counted by who sends and receives.
  package var traffic = Traffic()
  private let keepsJournal: Bool
  /// For whom this executor carries out reductions itself.
  private let reduction: SumReduction
  /// Steps between checkpoints, where the best one is to be kept.
  private let bestInterval: Int?
  private let mistake: ExecutorMistake?
  /// How far it is, and how fast; nil where nobody asks.
  private var forecast: StepForecast?
  /// That of the newest recorded step, when it was made.
  private var evaluation: RecordedEvaluation?
  /// What was said of the data.
  private var warnings: Set<String> = []
  private var lastUpdate: UpdateResult?
  private var pending: PendingStep?
  /// Of this process, since the newest recorded step.
  private var phases = StepPhases()
  private var commitOrdered: Instant?

  /// A step between its update and the disk's word that it is durable.
  private struct PendingStep {
    /// After the step.
    let state: RunState
    let record: StepRecord
    let entry: MetricsEntry
  }

  /// - Parameters:
  ///   - store: at the step of `state`.
  ///   - evaluation: that of the step, if it is recorded already.
  ///   - bestInterval: steps between checkpoints, where the one with the lowest held-out loss is to
  ///     be kept; else nil.
  ///   - forecast: of the run; nil where nobody asks how far it is.
  ///   - mistake: nil but in simulations.
  package init(
    store: ParameterStore, state: RunState, evaluation: RecordedEvaluation?, keepsJournal: Bool,
    bestInterval: Int? = nil, forecast: StepForecast? = nil, mistake: ExecutorMistake? = nil
  ) {
    self.forecast = forecast
    self.bestInterval = bestInterval
    self.store = store
    self.state = state
    self.evaluation = evaluation
    self.keepsJournal = keepsJournal
    self.mistake = mistake
    reduction = SumReduction(store, keepsJournal: keepsJournal, mistake: mistake)
  }

  /// Carries out one order.
  /// - Returns: the event that tells the core what came of it, where it waits for one and it is
  ///   known already.
  package func execute<Environment: CoordinatorEnvironment>(
    _ command: CoordinatorCommand, in environment: Environment
  ) throws(Environment.Failure) -> CoordinatorEvent? {
    switch command {
    case .send(let message, let worker):
      return try environment.send(message, to: worker)
    case .sendReplicaChunk(let chunk, let have, let worker, let stamp):
      let (from, payload) = store.chunk(chunk, have: have)
      let answer = CoordinatorMessage.replicaChunk(
        chunk: chunk, from: from, to: store.step, payload: payload)
      return try environment.send(Stamped(stamp: stamp, message: answer), to: worker)
    case .reduce(let order):
      return reduce(order, environment)
    case .measure(let outcome):
      return .measured(norm: store.gradientNorm(hiddenPixels: outcome.sums.hidden))
    case .digestGradient:
      return .digested(store.gradientDigest)
    case .update(let outcome, let norm):
      environment.waitUntilCopied()
      let began = environment.now
      let update = store.update(hiddenPixels: outcome.sums.hidden, norm: norm)
      phases.update = (environment.now - began).seconds
      lastUpdate = update
      return .updated(store.digest, isFinite: update.isFinite)
    case .skip(_, let norm):
      return skip(norm, environment)
    case .commit(let commit, let journalStart):
      return self.commit(commit, journalSince: journalStart, environment)
    case .recordStep(let step):
      record(step, environment)
    case .recordEvaluation(let outcome):
      record(outcome, environment)
    case .recordEvent(let kind, let worker, let detail, let step):
      let record = EventRecord(step: step, event: kind.rawValue, worker: worker, detail: detail)
      append(record, environment)
    case .saveCheckpoint(let position):
      return saveCheckpoint(position, environment)
    case .beginSegment:
      environment.write(.beginSegment)
    case .synchronizeRecords:
      environment.synchronizeRecords()
    case .dropJournal(let step):
      let end = mistake == .earlyDrop ? state.position.step : step
      environment.write(.drop(through: end))
    case .forget(let worker):
      environment.forget(worker)
    case .log(let level, let text):
      environment.log(level, text)
    case .end(let kind, let reason):
      try environment.end(kind, reason: reason)
    }
    return nil
  }

  // MARK: The sum

  private func reduce(
    _ order: ReductionOrder, _ environment: some CoordinatorEnvironment
  ) -> CoordinatorEvent {
    let began = environment.now
    let outcome = reduction.execute(order)
    note(reductionSeconds: (environment.now - began).seconds)
    if outcome.completesChunk { environment.write(.stage(order.chunk)) }
    return outcome.event
  }

  /// Of a `.reduce` that somebody else carried out.
  package func note(reductionSeconds seconds: Double) { phases.reduce += seconds }

  private func skip(
    _ norm: Double, _ environment: some CoordinatorEnvironment
  ) -> CoordinatorEvent {
    lastUpdate = store.skip(norm: norm)
    if keepsJournal {
      // In the place of what was staged of a sum that is not kept.
      for chunk in store.grid.chunks { environment.write(.stage(chunk)) }
    }
    return .updated(store.digest, isFinite: true)
  }

  // MARK: The step

  /// Hands the step to the journal; it is told to nobody before it is durable.
  private func commit(
    _ commit: StepCommit, journalSince journalStart: Step,
    _ environment: some CoordinatorEnvironment
  ) -> CoordinatorEvent? {
    guard let lastUpdate else { preconditionFailure("a step is committed without an update") }
    let seconds = (environment.now - commit.outcome.started).seconds
    var course = forecast?.course(of: commit, seconds: seconds) ?? StepCourse()
    course.peakMemoryBytes = environment.peakMemoryBytes
    course.workerPeakMemoryBytes = commit.outcome.workerPeakMemoryBytes
    let circumstances = StepCircumstances(
      seconds: seconds, bytesIn: traffic.bytesIn, bytesOut: traffic.bytesOut, phases: phases,
      course: course)
    commitOrdered = environment.now
    let record = StepRecord(
      commit, lastUpdate, circumstances, after: evaluation?.chain ?? state.chain)
    let entry = MetricsEntry(record, at: environment.wallTime)
    let next = state.next(
      commit, record: record, arithmetic: Arithmetic.version, best: bestSoFar)
    pending = PendingStep(state: next, record: record, entry: entry)
    let step = commit.position.step
    guard keepsJournal else { return .committed(step, journalBytes: 0) }
    let note = StepNote(
      state: next, previousChain: state.chain, hiddenPixels: commit.outcome.sums.hidden,
      isSkipped: commit.isSkipped, metrics: [evaluation?.entry, entry].compactMap { $0 })
    do {
      environment.write(.commit(step, note: try note.encoded(), journalSince: journalStart))
      return nil
    } catch {
      return .commitFailed(step, reason: "\(error)")
    }
  }

  private func record(_ step: Step, _ environment: some CoordinatorEnvironment) {
    guard let done = pending, done.state.position.step == step else {
      preconditionFailure("step \(step) is recorded and was not committed")
    }
    pending = nil
    evaluation = nil
    state = done.state
    traffic = Traffic()
    phases = StepPhases()
    if let commitOrdered { phases.commit = (environment.now - commitOrdered).seconds }
    environment.append(done.entry)
    environment.didRecord(done.record)
  }

  /// With the evaluation of the newest step, if it was made.
  private var bestSoFar: BestEvaluation? {
    bestInterval.flatMap {
      BestEvaluation.better(of: state.best, and: evaluation?.entry, interval: $0)
    }
  }

  private func saveCheckpoint(
    _ position: RunPosition, _ environment: some CoordinatorEnvironment
  ) -> CoordinatorEvent? {
    var state = state
    // With what was decided since the newest step.
    state.position = position
    let order = CheckpointOrder(
      step: position.step, tensors: store.tensors, replicaDigest: position.digest, state: state,
      best: bestSoFar?.step)
    if environment.write(order) { return nil }
    return .checkpointFailed(position.step, reason: "the one before is still being written")
  }

  // MARK: Records

  private func record(_ outcome: EvaluationOutcome, _ environment: some CoordinatorEnvironment) {
    let record = EvaluationRecord(outcome, after: state.chain)
    let entry = append(record, environment)
    evaluation = RecordedEvaluation(entry: entry, chain: record.chain)
    environment.didRecord(record)
    for warning in outcome.means.compactMap(\.warning) where warnings.insert(warning).inserted {
      environment.log(.warning, warning)
    }
  }

  /// - Returns: what was appended.
  @discardableResult
  private func append(
    _ record: some MetricsRecord, _ environment: some CoordinatorEnvironment
  ) -> MetricsEntry {
    let entry = MetricsEntry(record, at: environment.wallTime)
    environment.append(entry)
    return entry
  }
}
