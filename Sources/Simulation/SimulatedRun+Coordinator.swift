// What the orders of the coordinator's core come to.

import Basics
import Compression
import Coordination
import Observability
import TrainingRun
import Wire

extension SimulatedRun {
  /// Starts a process on what the disk holds; one that cannot is followed by another.
  func startCoordinator() throws {
    guard coordinator == nil, ending == nil else { return }
    let started: SimulatedCoordinator
    do {
      try foreseeLoss()
      started = try SimulatedCoordinator(number: newProcess(), in: self)
    } catch let error as FileError {
      if error.code == SimulatedDisk.failureCode { return try die() }
      // A full disk at the start: it ends and is started again.
      say("the coordinator cannot start: \(error)")
      return queue.schedule(.startCoordinator, at: now + .seconds(1))
    }
    coordinator = started
    let state = started.executor.state
    say("the coordinator is up at step \(state.position.step)")
    try invariants.recovered(state)
    // Set aside, and perhaps made again one day.
    if let damaged = damagedCheckpoint, !disk.exists(damaged) { damagedCheckpoint = nil }
    queue.schedule(.tick(started.number), at: now + Self.tick)
    for case let worker? in workers {
      queue.schedule(
        .connection(of: worker.number, .connected),
        at: now + .milliseconds(random.index(below: 500) + 1))
    }
  }

  /// Ends the process that has its disk fail under it, as was planned.
  private func die() throws {
    let death = plannedDeath ?? (powerCut: false, pause: .seconds(1))
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

  /// Tells the core, and has carried out what it orders until all is quiet, or the process is dead.
  func tellCoordinator(_ event: CoordinatorEvent) throws {
    var events = [event]
    while !events.isEmpty, let coordinator {
      let event = events.removeFirst()
      for command in coordinator.core.handle(event, at: coordinator.clock(at: now)) {
        guard self.coordinator === coordinator else { return }
        guard let result = try execute(command, coordinator) else { continue }
        // Threads of their own add gradients up: what comes of it may be told late.
        if result.isOfReduction && random.index(below: 4) == 0 {
          let delay = Duration.microseconds(random.index(below: 20_000))
          queue.schedule(.reduction(coordinator.number, result), at: now + delay)
        } else {
          events.append(result)
        }
      }
    }
  }

  /// Watches the executor at its work, and spoils what comes of it where that is planted.
  private func execute(
    _ command: CoordinatorCommand, _ coordinator: SimulatedCoordinator
  ) throws -> CoordinatorEvent? {
    let executor = coordinator.executor
    if case .measure(let outcome) = command {
      try invariants.measured(outcome.step, outcome.sums, microbatches: Self.microbatches)
    } else if case .commit(let commit, _) = command {
      try invariants.committing(commit.position.step, executor.store.tensors)
    }
    let answer = try executor.execute(command, in: coordinator)
    if case .recordStep(let step) = command {
      try invariants.told(step, executor.state)
    } else if case .dropJournal = command {
      try checkJournal(of: coordinator)
    }
    if case .reduced? = answer, case .reduce(let order) = command, order.place != .outside {
      try invariants.reduced(order.chunk, microbatch: order.microbatch)
    }
    return planted == nil ? answer : try spoil(answer, to: command, executor.store)
  }

  /// What is made of an answer of the executor by the faults that lie around it.
  private func spoil(
    _ answer: CoordinatorEvent?, to command: CoordinatorCommand, _ store: ParameterStore
  ) throws -> CoordinatorEvent? {
    let isChosen = invariants.reductions % 40 == 39
    switch (planted, command, answer) {
    case (.doubleCount?, .reduce(let order), .reduced?) where isChosen:
      try store.reduce(
        order.chunk, isFirst: false, payload: order.payload,
        by: TensorCodec(store.chunks))
    case (.nonFinite?, .reduce(let order), .reduced?) where isChosen:
      store.gradient[SmallModel.grid.range(of: order.chunk)][0] = .infinity
    case (.nonFinite?, _, .measured?):
      return .measured(norm: 1)
    case (.nonFinite?, _, .updated(let digest, _)?):
      return .updated(digest, isFinite: true)
    case (.alikeNorms?, _, .reduced(let chunk, let microbatch, let lease, let measure)?):
      let alike = ChunkMeasure(squaredNorm: 1, fingerprint: measure.fingerprint)
      return .reduced(chunk, microbatch: microbatch, lease, alike)
    case (.alikeFingerprints?, _, .reduced(let chunk, let microbatch, let lease, let measure)?):
      let alike = ChunkMeasure(squaredNorm: measure.squaredNorm, fingerprint: 1)
      return .reduced(chunk, microbatch: microbatch, lease, alike)
    case (.earlyPublish?, .commit(let commit, _), nil):
      return .committed(commit.position.step, journalBytes: 0)
    default:
      break
    }
    return answer
  }

  /// A process that was asked to stop is followed by another; the run itself ends when it is
  /// finished.
  func end(_ kind: StopKind, _ reason: String) throws {
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

  // MARK: The disk

  func scheduleCommit(of coordinator: SimulatedCoordinator) {
    let time = Duration.microseconds(100) + plan.longestCommit * random.uniform()
    queue.schedule(.commit(coordinator.number), at: now + time)
  }

  func scheduleCheckpoint(of coordinator: SimulatedCoordinator) {
    queue.schedule(
      .checkpoint(coordinator.number), at: now + .milliseconds(random.index(below: 800) + 1))
  }

  /// The disk gets to a commit, and to what was ordered after it.
  func writeCommit(_ process: ProcessNumber) throws {
    guard let coordinator, coordinator.number == process else { return }
    if coordinator.isPaused(at: now) {
      return queue.schedule(.commit(process), at: coordinator.pausedUntil)
    }
    let commit = coordinator.journalOrders.removeFirst()
    let answer = try write(commit, coordinator)
    if !coordinator.journalOrders.isEmpty { try writeRest(coordinator) }
    if case .commitFailed? = answer, disk.isFailing { return try die() }
    // With that fault everybody has been told already.
    if let answer, planted != .earlyPublish { try tellCoordinator(answer) }
  }

  /// What was ordered after a commit, up to the next one.
  private func writeRest(_ coordinator: SimulatedCoordinator) throws {
    while let next = coordinator.journalOrders.first {
      if case .commit = next { return scheduleCommit(of: coordinator) }
      _ = coordinator.journal.execute(coordinator.journalOrders.removeFirst())
    }
    try checkJournal(of: coordinator)
  }

  private func write(
    _ commit: JournalOrder, _ coordinator: SimulatedCoordinator
  ) throws -> CoordinatorEvent? {
    if case .commit(let step, _, _) = commit, step != coordinator.journal.lastStep.next {
      guard planted == .earlyPublish else {
        throw Violation(
          description: "step \(step) goes to a journal that ends at \(coordinator.journal.lastStep)"
        )
      }
      return nil
    }
    return coordinator.journal.execute(commit)
  }

  /// After what alone can make it begin later: a drop.
  private func checkJournal(of coordinator: SimulatedCoordinator) throws {
    guard let start = try? coordinator.journalReader.start(),
      let saved = try? coordinator.checkpoints.list()
    else { return }
    try invariants.reaches(back: start, to: saved)
  }

  func writeCheckpoint(_ process: ProcessNumber) throws {
    guard let coordinator, coordinator.number == process,
      let (order, copy) = coordinator.checkpoint
    else { return }
    if coordinator.isPaused(at: now) {
      return queue.schedule(.checkpoint(process), at: coordinator.pausedUntil)
    }
    coordinator.checkpoint = nil
    let outcome = order.execute(
      in: coordinator.checkpoints, copy: copy, metadata: [:],
      retention: CheckpointRetention(
        last: SimulatedCoordinator.settings.checkpointsKept, every: nil))
    if disk.isFailing { return try die() }
    try tellCoordinator(outcome.event)
  }
}
