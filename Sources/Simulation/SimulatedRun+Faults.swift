// What goes wrong, when its time has come.

import Basics
import Coordination

extension SimulatedRun {
  func inject(_ fault: Fault) throws {
    guard ending == nil else { return }
    say("FAULT: \(fault)")
    faults += 1
    switch fault {
    case .crashWorker(let slot, let pause):
      loseWorker(slot, pause: pause)
    case .crashCoordinator(let powerCut, let pause):
      if coordinator != nil { try crashCoordinator(powerCut: powerCut, pause: pause) }
    case .crashAtDiskOperation(let count, let powerCut, let pause):
      plannedDeath = (powerCut, pause)
      disk.fail(after: count)
    case .stopWorker(let slot, let time):
      if let worker = workers[slot] { worker.pausedUntil = max(worker.pausedUntil, now + time) }
    case .stopCoordinator(let time):
      if let coordinator { coordinator.pausedUntil = max(coordinator.pausedUntil, now + time) }
    case .workerClockJump(let slot, let time):
      if let worker = workers[slot] { worker.clockLead += time }
    case .coordinatorClockJump(let time):
      if let coordinator { coordinator.clockLead += time }
    case .partition(let slot, let toCoordinator, let toWorker, let delays, let time):
      if toCoordinator { block(.toCoordinator, of: slot, delays, for: time) }
      if toWorker { block(.toWorker, of: slot, delays, for: time) }
    case .stopRequest:
      if coordinator != nil { try tellCoordinator(.stopRequested) }
    case .disconnect(let slot):
      try disconnect(slot)
    case .leaveWorker(let slot, let pause):
      guard let worker = workers[slot] else { return }
      try tell(worker, .stopRequested)
      queue.schedule(.startWorker(slot: slot), at: now + pause)
    case .fullDisk(let time):
      disk.capacityBytes = disk.usedBytes + random.index(below: 20_000)
      queue.schedule(.diskHasRoom, at: now + time)
    case .damageCheckpoint:
      damageNewestCheckpoint()
    case .wrongGradient(let slot):
      workers[slot]?.computesWrongly = true
    case .lie(let slot):
      workers[slot]?.lies = true
    }
  }

  private func block(
    _ way: Link.Way, of slot: Int, _ delays: Bool,
    for time: Duration
  ) {
    links[slot][way].blockedUntil = now + time
    links[slot][way].delaysWhileBlocked = delays
  }

  private func disconnect(_ slot: Int) throws {
    guard let worker = workers[slot], coordinator != nil else { return }
    queue.schedule(.endOfWorker(worker.number), at: now + .milliseconds(random.index(below: 20)))
    try tell(worker, .disconnected)
    queue.schedule(.connection(of: worker.number, .connected), at: now + .milliseconds(100))
  }

  /// Not while another one is damaged: more copies are not kept.
  private func damageNewestCheckpoint() {
    guard damagedCheckpoint == nil, let coordinator,
      let newest = try? coordinator.checkpoints.list().last
    else { return }
    let folder = coordinator.checkpoints.path(of: newest)
    let file = folder + "/replica.safetensors"
    guard let bytes = try? disk.contents(of: file).bytes.count, bytes > 0 else { return }
    disk.flipBit(random.index(below: 8), ofByte: random.index(below: bytes), in: file)
    damagedCheckpoint = folder
  }

  /// Notes where a coordinator that starts now must come back, if the newest checkpoint is damaged
  /// and what is left does not lead to the newest step: at the checkpoint before it, or at step 0,
  /// for the journal does not reach back to there.
  func foreseeLoss() throws {
    guard let damaged = damagedCheckpoint, disk.exists(damaged) else { return }
    let checkpoints = SimulatedCoordinator.checkpoints(reading: disk)
    let steps = try checkpoints.list()
    guard let newest = steps.last, checkpoints.path(of: newest) == damaged else { return }
    let before = steps.dropLast().last ?? Step(0)
    let start = try SimulatedCoordinator.journalReader(of: disk).start()
    if start.map({ $0 > before }) ?? true { invariants.losesSteps(after: before) }
  }
}
