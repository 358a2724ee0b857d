// Messages on their way: lost, late, doubled, overtaken.

import Basics
import Coordination
import Wire

/// Between one worker's slot and the coordinator.
struct Link {
  struct Direction {
    /// Until when messages are held up or lost.
    var blockedUntil: Instant?
    var delaysWhileBlocked = false
    /// When the newest message arrives; later ones come after it, where nothing is reordered.
    var lastArrival = Instant(nanoseconds: 0)
  }

  enum Way {
    case toCoordinator
    case toWorker
  }

  private var toCoordinator = Direction()
  private var toWorker = Direction()

  subscript(way: Way) -> Direction {
    get { way == .toWorker ? toWorker : toCoordinator }
    set { if way == .toWorker { toWorker = newValue } else { toCoordinator = newValue } }
  }
}

extension SimulatedRun {
  /// Tries to deliver a message whose receiver is away.
  static let deliveryAttempts = 3

  /// Schedules what becomes of a message: nothing, one arrival, or two.
  func transmit(
    _ way: Link.Way, of slot: Int, _ event: SimulatedEvent
  ) {
    if areFaultsActive && chance(plan.lossRate) { return say("  lost") }
    schedule(event, way, of: slot)
    if areFaultsActive && chance(plan.duplicationRate) {
      schedule(event, way, of: slot)
    }
  }

  private func schedule(
    _ event: SimulatedEvent, _ way: Link.Way, of slot: Int
  ) {
    var link = links[slot][way]
    var arrival = now + .microseconds(200 + random.index(below: 5000))
    if areFaultsActive && chance(plan.delayRate) {
      arrival = arrival + plan.longestDelay * random.uniform()
    }
    if let blocked = link.blockedUntil, now < blocked {
      guard link.delaysWhileBlocked else { return say("  lost in the partition") }
      arrival = max(arrival, blocked + .milliseconds(1))
    }
    if !plan.reorders { arrival = max(arrival, link.lastArrival + .nanoseconds(1)) }
    link.lastArrival = max(arrival, link.lastArrival)
    links[slot][way] = link
    queue.schedule(event, at: arrival)
  }

  func chance(_ probability: Double) -> Bool { probability > 0 && random.uniform() < probability }

  /// A message reaches the machine of the coordinator, whichever process that is now.
  func deliver(
    _ message: Stamped<WorkerMessage>, from process: ProcessNumber, slot: Int, attempts: Int
  ) throws {
    guard let coordinator else {
      // What was sent may wait for the next process, or be gone.
      if attempts < Self.deliveryAttempts && random.index(below: 2) == 0 {
        queue.schedule(
          .toCoordinator(message, from: process, slot: slot, attempts: attempts + 1),
          at: now + .seconds(1))
      }
      return
    }
    let event = SimulatedEvent.toCoordinator(message, from: process, slot: slot, attempts: attempts)
    if coordinator.isPaused(at: now) {
      return queue.schedule(event, at: coordinator.pausedUntil)
    }
    let worker = coordinator.peers.number(of: process, in: slot)
    say("coordinator hears worker \(slot): \(message.traceText)")
    try tellCoordinator(.message(message, from: worker))
  }

  func deliver(_ message: Stamped<CoordinatorMessage>, to process: ProcessNumber) throws {
    guard let worker = worker(process) else { return }
    if worker.isPaused(at: now) {
      return queue.schedule(.toWorker(message, process), at: worker.pausedUntil)
    }
    say("worker \(worker.slot) hears: \(message.traceText)")
    try tell(worker, .message(message))
  }

  /// The transport notices that a worker's connection is gone.
  func hearEnd(of process: ProcessNumber) throws {
    guard let coordinator, let worker = coordinator.peers.known(process) else { return }
    try tellCoordinator(.disconnected(worker))
    coordinator.peers.forget(worker)
  }
}
