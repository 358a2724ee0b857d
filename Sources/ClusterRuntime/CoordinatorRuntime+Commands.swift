// What each order of the core means on this machine.

import Checkpoints
import Coordination
import Foundations
import Observability
import Transport
import Wire

extension CoordinatorRuntime {
  /// - Returns: the event that tells the core what came of it, where it waits for one.
  func carryOut(_ command: CoordinatorCommand) -> CoordinatorEvent? {
    switch command {
    case .send(let message, let worker):
      return send(message, to: worker)
    case .sendReplicaChunk(let chunk, let have, let worker):
      let (from, payload) = store.chunk(chunk, have: have)
      return send(
        .replicaChunk(chunk: chunk, from: from, to: store.step, payload: payload), to: worker)
    case .reduce(let chunk, let microbatch, let payload, let worker):
      do {
        try store.reduce(chunk, isFirst: microbatch == 0, payload: payload)
        return .reduced(chunk, microbatch: microbatch)
      } catch {
        return .reductionRefused(
          chunk, microbatch: microbatch, from: worker, reason: "\(error)")
      }
    case .update(let outcome):
      return update(outcome)
    case .recordEvaluation(let outcome):
      record(outcome)
    case .recordEvent(let kind, let worker, let detail, let step):
      append(EventRecord(step: step, event: kind, worker: worker, detail: detail))
    case .saveCheckpoint(let step):
      return saveCheckpoint(step)
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
  private func send(_ message: CoordinatorMessage, to worker: WorkerID) -> CoordinatorEvent? {
    guard let peer = peers.peer(of: worker) else { return nil }
    if case .welcome = message {
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

  private func update(_ outcome: StepOutcome) -> CoordinatorEvent {
    let sums = outcome.sums
    let result = store.update(hiddenPixels: sums.hidden)
    let now = Instant.monotonicNow()
    let seconds = (now - outcome.started).seconds
    pairsSeen += sums.pairs
    trainingSeconds += seconds
    let record = StepRecord(
      step: store.step, weightedLoss: sums.loss, plainLoss: sums.plainLoss,
      meanIoU: sums.meanIntersectionOverUnion, meanMaskRatio: sums.meanMaskRatio,
      learningRate: result.learningRate, gradientNorm: result.gradientNorm,
      pairs: sums.pairs, seconds: seconds, workers: outcome.workers, bytesIn: bytesIn,
      bytesOut: bytesOut, digest: store.digest)
    (bytesIn, bytesOut) = (0, 0)
    append(record)
    progress.update(record, at: now)
    return .updated(store.step, store.digest)
  }

  private func record(_ outcome: EvaluationOutcome) {
    let (sums, baselines) = (outcome.sums, outcome.baselines)
    let hidden = Double(max(1, sums.hidden))
    func losses(_ weighted: Double, _ plain: Double) -> EvaluationRecord.Losses {
      EvaluationRecord.Losses(weighted: weighted / hidden, plain: plain / hidden)
    }
    let record = EvaluationRecord(
      step: outcome.step, model: losses(sums.weighted, sums.plain),
      patchMean: losses(baselines.patchMeanWeighted, baselines.patchMeanPlain),
      copy: losses(baselines.copyWeighted, baselines.copyPlain), pairs: sums.pairs,
      seconds: outcome.seconds)
    append(record)
    func text(_ losses: EvaluationRecord.Losses) -> String {
      HumanFormat.decimal(losses.weighted, places: 4)
    }
    logger.info(
      """
      held out, step \(outcome.step): weighted loss \(text(record.model)), of patch means \
      \(text(record.patchMean)), of copying \(text(record.copy))
      """)
  }

  private func saveCheckpoint(_ step: Step) -> CoordinatorEvent {
    let started = Instant.monotonicNow()
    let state = RunState(
      step: step, digest: store.digest, runIdentity: run.identity,
      datasetDigest: run.dataset.digest, blasKernel: core.settings.blasKernel,
      maskRatio: core.settings.maskRatio, bounds: core.settings.maskRatio.bounds(at: step),
      pairsSeen: pairsSeen, trainingSeconds: trainingSeconds)
    do {
      let checkpoint = try checkpoints.write(
        step: step, tensors: store.tensors, replicaDigest: store.digest, state: state)
      let policy = run.configuration.checkpoints
      try checkpoints.retain(
        last: policy.keepLast, every: policy.keepEvery > 0 ? policy.keepEvery : nil)
      try metrics.synchronize()
      let seconds = Instant.monotonicNow() - started
      logger.info("checkpoint \(checkpoint.path) (\(HumanFormat.duration(seconds)))")
      return .checkpointSaved(step)
    } catch {
      return .checkpointFailed(step, reason: "\(error)")
    }
  }

  /// A full disk must not end the run it tells of: a line that cannot be written is said once in the log.
  private func append(_ record: some MetricsRecord) {
    do {
      try metrics.append(record, at: .now())
    } catch {
      logger.error("\(error); this \(type(of: record).kind) record is missing from the metrics")
    }
  }
}
