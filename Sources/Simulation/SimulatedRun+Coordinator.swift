// What the orders of the coordinator's core come to.

import Basics
import ClusterRuntime
import Coordination
import Observability
import Wire

extension SimulatedRun {
  /// Starts a process on what the disk holds; one that cannot is followed by another.
  func startCoordinator() throws {
    guard coordinator == nil, ending == nil else { return }
    let started: SimulatedCoordinator
    do {
      try foreseeLoss()
      let excess = planted == .overfullBuffer ? SmallModel.gradientChunkBytes : 0
      started = try SimulatedCoordinator(
        number: newProcess(), disk: disk, window: plan.window,
        bufferBytes: plan.bufferBytes + excess, now: now)
    } catch let error as FileError {
      return try die(of: error, restartAfter: .seconds(1))
    }
    coordinator = started
    let position = started.state.position
    say("the coordinator is up at step \(position.step)")
    try invariants.recovered(started.state)
    // Set aside, and perhaps made again one day.
    if let damaged = damagedCheckpoint, !disk.exists(damaged) { damagedCheckpoint = nil }
    queue.schedule(.tick(started.number), at: now + Self.tick)
    for case let worker? in workers {
      queue.schedule(
        .connection(of: worker.number, .connected),
        at: now + .milliseconds(random.index(below: 500) + 1))
    }
  }

  /// Ends the process that had a disk fail under it, as was planned, or because it cannot start.
  private func die(of error: FileError, restartAfter pause: Duration) throws {
    guard error.code == SimulatedDisk.failureCode else {
      // A full disk at the start: it ends and is started again.
      say("the coordinator cannot start: \(error)")
      return queue.schedule(.startCoordinator, at: now + pause)
    }
    let death = plannedDeath ?? (powerCut: false, pause: pause)
    try crashCoordinator(powerCut: death.powerCut, pause: death.pause)
  }

  func crashCoordinator(powerCut: Bool, pause: Duration) throws {
    say("the coordinator dies" + (powerCut ? ", and what was not fsynced with it" : ""))
    plannedDeath = nil
    if powerCut { disk.crash() } else { disk.heal() }
    coordinator = nil
    queue.schedule(.startCoordinator, at: now + pause)
    for case let worker? in workers where random.index(below: 5) > 0 {
      queue.schedule(
        .connection(of: worker.number, .disconnected),
        at: now + .milliseconds(random.index(below: 50) + 1))
    }
  }

  /// Tells the core, and carries out what it orders until all is quiet, or the process is dead.
  func tellCoordinator(_ event: CoordinatorEvent) throws {
    var events = [event]
    while !events.isEmpty, let coordinator {
      let event = events.removeFirst()
      if case .committed(let step, _) = event, let state = coordinator.commit?.state {
        try invariants.told(step, state)
        coordinator.state = state
        coordinator.evaluationChain = nil
        coordinator.commit = nil
      }
      for command in coordinator.core.handle(event, at: coordinator.clock(at: now)) {
        guard self.coordinator === coordinator else { return }
        do {
          if let result = try execute(command, coordinator) { events.append(result) }
        } catch let error as FileError where error.code == SimulatedDisk.failureCode {
          return try die(of: error, restartAfter: .seconds(1))
        }
      }
    }
  }

  private func execute(
    _ command: CoordinatorCommand, _ coordinator: SimulatedCoordinator
  ) throws -> CoordinatorEvent? {
    let store = coordinator.store
    switch command {
    case .send(let message, let worker):
      try send(message, to: worker, coordinator)
    case .sendReplicaChunk(let chunk, let have, let worker, let stamp):
      let (from, payload) = store.chunk(chunk, have: have)
      let message = CoordinatorMessage.replicaChunk(
        chunk: chunk, from: from, to: store.step, payload: payload)
      try send(Stamped(stamp: stamp, message: message), to: worker, coordinator)
    case .reduce(let chunk, let microbatch, let payload, let lease, let worker):
      do {
        return try reduce(chunk, microbatch, payload, coordinator)
      } catch let error as NotFinite {
        return .reductionRefused(
          chunk, microbatch: microbatch, lease, from: worker, reason: "\(error)", isNotFinite: true)
      }
    case .measure(let outcome):
      try invariants.measured(outcome.step, outcome.sums, microbatches: Self.microbatches)
      let norm = store.gradientNorm(hiddenPixels: outcome.sums.hidden)
      return .measured(norm: planted == .nonFinite ? 1 : norm)
    case .digestGradient:
      return .digested(store.gradientDigest)
    case .update(let outcome, let norm):
      let result = store.update(hiddenPixels: outcome.sums.hidden, norm: norm)
      coordinator.lastUpdate = result
      return .updated(store.digest, isFinite: result.isFinite || planted == .nonFinite)
    case .skip(_, let norm):
      coordinator.lastUpdate = store.skip(norm: norm)
      return .updated(store.digest, isFinite: true)
    case .commit(let commit):
      return try begin(commit, coordinator)
    case .saveCheckpoint:
      coordinator.snapshot = (coordinator.state, coordinator.copyOfTensors())
      try? coordinator.journal.rotate()
      queue.schedule(
        .checkpoint(coordinator.number), at: now + .milliseconds(random.index(below: 800) + 1))
    case .forget(let worker):
      coordinator.peers.forget(worker)
    case .log(_, let text):
      say("coordinator: \(text)")
    case .end(let kind, let reason):
      try end(kind, reason)
    case .recordEvaluation(let outcome):
      coordinator.evaluationChain =
        EvaluationRecord(outcome, after: coordinator.state.chain).chain
    case .recordEvent:
      break
    }
    return nil
  }

  /// A process that was asked to stop is followed by another; the run itself ends when it is finished.
  private func end(_ kind: StopKind, _ reason: String) throws {
    say("the coordinator ends: \(reason)")
    switch kind {
    case .finished:
      ending = (kind, reason)
    case .interrupted:
      try crashCoordinator(powerCut: false, pause: .seconds(1))
    case .error, .diverged:
      throw Violation(description: "the run ended at step \(invariants.committed): \(reason)")
    }
  }

  private func send(
    _ message: Stamped<CoordinatorMessage>, to worker: WorkerID,
    _ coordinator: SimulatedCoordinator
  ) throws {
    try invariants.said(message.message, hasFaultyMachines: wrongGradients > 0)
    guard let (process, slot) = coordinator.peers.process(of: worker) else { return }
    transmit(over: \.toWorker, of: slot, .toWorker(message, process))
  }

  private func reduce(
    _ chunk: ChunkIndex, _ microbatch: Int, _ payload: [UInt8],
    _ coordinator: SimulatedCoordinator
  ) throws -> CoordinatorEvent {
    try coordinator.store.reduce(chunk, isFirst: microbatch == 0, payload: payload)
    try invariants.reduced(chunk, microbatch: microbatch)
    if planted == .doubleCount && invariants.reductions % 40 == 39 {
      try coordinator.store.reduce(chunk, isFirst: false, payload: payload)
    }
    if planted == .nonFinite && invariants.reductions % 40 == 39 {
      coordinator.store.gradient[SmallModel.grid.range(of: chunk)][0] = .infinity
    }
    if microbatch == Self.microbatches - 1 {
      let sum = coordinator.store.gradient[SmallModel.grid.range(of: chunk)]
      coordinator.journal.stage(chunk, UnsafeBufferPointer(sum))
    }
    return .reduced(chunk, microbatch: microbatch)
  }

  private func begin(
    _ commit: StepCommit, _ coordinator: SimulatedCoordinator
  ) throws -> CoordinatorEvent? {
    try invariants.committing(commit.position.step, coordinator.store.tensors)
    let before = coordinator.state
    let record = StepRecord(
      commit, coordinator.lastUpdate, StepCircumstances(seconds: 1, bytesIn: 0, bytesOut: 0),
      after: coordinator.evaluationChain ?? before.chain)
    let state = before.next(commit, record: record, arithmetic: Arithmetic.version)
    let note = JournalNote(
      state: state, previousChain: before.chain, hiddenPixels: commit.outcome.sums.hidden,
      isSkipped: commit.isSkipped,
      metrics: [])
    coordinator.commit = (commit, state, try note.encoded())
    let time = Duration.microseconds(100) + plan.longestCommit * random.uniform()
    queue.schedule(.commit(coordinator.number), at: now + time)
    guard planted == .earlyPublish else { return nil }
    return .committed(commit.position.step, journalBytes: 0)
  }

  /// The disk gets to it.
  func writeCommit(_ process: ProcessNumber) throws {
    guard let coordinator, coordinator.number == process else { return }
    if coordinator.isPaused(at: now) {
      return queue.schedule(.commit(process), at: coordinator.pausedUntil)
    }
    if planted == .earlyPublish { return try writeCommitTooLate(coordinator) }
    guard let (commit, _, note) = coordinator.commit else { return }
    let (journal, step) = (coordinator.journal, commit.position.step)
    do {
      try journal.commit(step, note: note, sum: coordinator.store.gradient)
      try tellCoordinator(
        .committed(step, journalBytes: journal.byteCount(since: coordinator.saved.last ?? Step(0))))
    } catch let error as FileError {
      if error.code == SimulatedDisk.failureCode {
        return try die(of: error, restartAfter: .seconds(1))
      }
      try tellCoordinator(.commitFailed(step, reason: "\(error)"))
    }
  }

  /// The planted fault: everybody has been told already.
  private func writeCommitTooLate(_ coordinator: SimulatedCoordinator) throws {
    let note = JournalNote(
      state: coordinator.state, previousChain: coordinator.state.chain,
      hiddenPixels: SmallModel.pairs, isSkipped: false, metrics: [])
    let step = coordinator.state.position.step
    guard step == coordinator.journal.lastStep.next else { return }
    try? coordinator.journal.commit(
      step, note: try note.encoded(), sum: coordinator.store.gradient)
  }

  func writeCheckpoint(_ process: ProcessNumber) throws {
    guard let coordinator, coordinator.number == process,
      let (state, tensors) = coordinator.snapshot
    else { return }
    if coordinator.isPaused(at: now) {
      return queue.schedule(.checkpoint(process), at: coordinator.pausedUntil)
    }
    coordinator.snapshot = nil
    let step = state.position.step
    do {
      try coordinator.checkpoints.write(
        step: step, tensors: tensors, replicaDigest: state.position.digest, state: state)
      try coordinator.checkpoints.retain(last: 2)
      coordinator.saved.append(step)
      try coordinator.journal.drop(
        through: JournalBase.step(checkpoints: coordinator.saved, kept: 2))
      try tellCoordinator(.checkpointSaved(step))
    } catch let error as FileError {
      if error.code == SimulatedDisk.failureCode {
        return try die(of: error, restartAfter: .seconds(1))
      }
      try tellCoordinator(.checkpointFailed(step, reason: "\(error)"))
    }
  }
}
