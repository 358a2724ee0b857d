// What the executor of the core's orders needs done by this process.

import Basics
import Coordination
import Observability
import TrainingRun
import Transport
import Wire

extension CoordinatorRuntime: CoordinatorEnvironment {
  package typealias Failure = Never

  package var now: Instant { .monotonicNow() }
  package var wallTime: WallTime { .now() }
  package var peakMemoryBytes: Int? { PeakMemory.bytes }

  /// A worker that takes nothing more is cut off, and what waits for it is dropped: it connects and
  /// greets anew.
  package func send(
    _ message: Stamped<CoordinatorMessage>, to worker: WorkerID
  ) -> CoordinatorEvent? {
    guard let peer = peers.peer(of: worker) else { return nil }
    if case .welcome = message.message {
      peers.welcome(worker)
      endpoint.keep(peer)
    }
    do {
      let frames = try message.frames()
      executor.traffic.bytesOut += frames.reduce(0) { $0 + $1.count }
      if endpoint.send(frames, to: peer, timeout: .zero) == .full {
        endpoint.disconnect(peer)
        return .disconnected(worker)
      }
    } catch {
      logger.error("a message to worker \(worker) was not sent: \(error)")
    }
    return nil
  }

  package func forget(_ worker: WorkerID) { peers.forget(worker) }

  package func write(_ order: JournalOrder) { journal?.write(order) }

  package func write(_ order: CheckpointOrder) -> Bool { checkpoints.begin(order) }

  package func waitUntilCopied() {
    let stall = checkpoints.waitUntilCopied()
    if stall > .milliseconds(1) {
      logger.info("the update waited \(HumanFormat.duration(stall)) for a checkpoint's copy")
    }
  }

  /// A full disk must not end the run it tells of: a record that cannot be written is said once in
  /// the log.
  package func append(_ entry: MetricsEntry) {
    do {
      try metrics.append(entry)
    } catch {
      logger.error("\(error); this \(entry.kind) record is missing from the metrics")
    }
  }

  package func synchronizeRecords() {
    do {
      try metrics.synchronize()
    } catch {
      logger.error("\(error)")
    }
  }

  package func didRecord(_ step: StepRecord) { progress.update(step, at: .monotonicNow()) }

  package func didRecord(_ evaluation: EvaluationRecord) {
    let measured = evaluation.means.compactMap { mean in
      mean.measure.caption.map {
        ", \($0) \(HumanFormat.decimal(mean.value, places: mean.measure.places))"
      }
    }
    let loss = HumanFormat.decimal(evaluation.weightedLoss, places: 4)
    let name = run.configuration.model.objective.lossName
    logger.info("held out, step \(evaluation.step): \(name) \(loss)\(measured.joined())")
  }

  package func log(_ level: LogLevel, _ text: String) {
    logger.log(level: level.severity, "\(text)")
  }

  package func end(_ kind: StopKind, reason: String) { ending = (kind, reason) }
}
