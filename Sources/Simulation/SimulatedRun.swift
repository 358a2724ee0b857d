// One simulated run: the real cores, store, journal and checkpoints of a coordinator and its
// workers, on a network, a clock and a disk that do what the seed says. Everything happens in one
// thread, in the order of simulated time.

import Basics
import Compression
import Coordination
import TrainingRun
import Wire

/// Something that happens at an instant.
enum SimulatedEvent {
  case toCoordinator(Stamped<WorkerMessage>, from: ProcessNumber, slot: Int, attempts: Int)
  case toWorker(Stamped<CoordinatorMessage>, ProcessNumber)
  /// What the transport tells of a connection.
  case connection(of: ProcessNumber, WorkerEvent)
  case endOfWorker(ProcessNumber)
  /// Time passes for a process.
  case tick(ProcessNumber)
  /// A worker has computed one more chunk of a lease.
  case computed(ProcessNumber, LeaseID, chunks: Int)
  case workStopped(ProcessNumber, LeaseID)
  /// The coordinator's disk gets to a commit or a checkpoint.
  case commit(ProcessNumber)
  /// What came of an addition to the sum.
  case reduction(ProcessNumber, CoordinatorEvent)
  case checkpoint(ProcessNumber)
  case startCoordinator
  case startWorker(slot: Int)
  case fault(Fault)
  case diskHasRoom
}

/// One life of a process.
typealias ProcessNumber = Int

/// A fault that is put into the machinery to see that it is found.
package enum PlantedFault: String, CaseIterable, Sendable {
  /// A gradient's chunk is now and then added twice.
  case doubleCount
  /// A step is published before its journal is durable.
  case earlyPublish
  /// A worker that is late gives other bits, and they are taken.
  case lateOtherBits
  /// More is promised to early gradients than their buffer has room for.
  case overfullBuffer
  /// A sum is now and then not finite, and the coordinator does not look.
  case nonFinite
  /// All norms of microbatches come out alike.
  case alikeNorms
  /// All fingerprints of chunks come out alike.
  case alikeFingerprints
  /// The executor stages a chunk before its last gradient was added.
  case earlyStage
  /// The executor drops a segment of the journal that the checkpoint before the newest one needs.
  case earlyDrop

  /// What it is where the executor of the core's orders makes it.
  var inExecutor: ExecutorMistake? {
    switch self {
    case .earlyStage: .earlyStage
    case .earlyDrop: .earlyDrop
    case .doubleCount, .earlyPublish, .lateOtherBits, .overfullBuffer, .nonFinite, .alikeNorms,
      .alikeFingerprints:
      nil
    }
  }
}

final class SimulatedRun {
  static let steps = 6
  static let microbatches = 3
  static let tick: Duration = .milliseconds(500)
  /// A run that has not ended so long after everything healed hangs.
  static let patience: Duration = .seconds(400)
  /// Events of a run that goes in circles.
  static let eventLimit = 400_000

  let plan: FaultPlan
  let planted: PlantedFault?
  let model: SmallModel
  let disk: SimulatedDisk
  let trace: ((String) -> Void)?
  var invariants: Invariants
  var random: CounterRandom
  var now = Instant(nanoseconds: 0)
  var queue = EventQueue<SimulatedEvent>()
  var coordinator: SimulatedCoordinator?
  /// The process in each slot; nil while there is none.
  var workers: [SimulatedWorker?]
  var nextProcess: ProcessNumber = 1
  var links: [Link]
  /// How the coordinator dies when its disk stops in the middle of something.
  var plannedDeath: (powerCut: Bool, pause: Duration)?
  /// The folder of a checkpoint that was damaged.
  var damagedCheckpoint: String?
  let codec = TensorCodec(SmallModel.layout)
  var ending: (kind: StopKind, reason: String)?
  var events = 0
  /// Wrong gradients that workers were made to compute.
  var wrongGradients = 0
  /// Those whose machines did, or who lied.
  var faultyProcesses: Set<ProcessNumber> = []
  /// Faults that met something.
  var faults = 0

  init(
    seed: UInt64, plan: FaultPlan, model: SmallModel, reference: ReferenceOutcome?,
    planted: PlantedFault? = nil, trace: ((String) -> Void)? = nil
  ) {
    self.plan = plan
    self.planted = planted
    self.model = model
    self.trace = trace
    invariants = Invariants(reference: reference)
    random = CounterRandom(seed: seed, purpose: .simulation, 2)
    disk = SimulatedDisk(seed: seed)
    workers = Array(repeating: nil, count: plan.workers)
    links = Array(repeating: Link(), count: plan.workers)
    queue.schedule(.startCoordinator, at: now)
    for slot in workers.indices {
      queue.schedule(.startWorker(slot: slot), at: now + .milliseconds(random.index(below: 3000)))
    }
    for (time, fault) in plan.faults { queue.schedule(.fault(fault), at: time) }
  }

  /// Whether faults still happen.
  var areFaultsActive: Bool { now < Instant(nanoseconds: 0) + FaultPlan.healingTime }

  /// Runs to the end.
  /// - Throws: `Violation`.
  func run() throws {
    let last = Instant(nanoseconds: 0) + FaultPlan.healingTime + Self.patience
    while ending == nil {
      guard let (time, event) = queue.next() else {
        throw Violation(description: "nothing more will happen, and the run has not ended")
      }
      guard time < last, events < Self.eventLimit else {
        throw Violation(description: "the run hangs at step \(invariants.committed)")
      }
      now = max(now, time)
      events += 1
      try execute(event)
    }
    guard ending!.kind == .finished, invariants.committed.index == Self.steps else {
      throw Violation(
        description: "the run ended at step \(invariants.committed): \(ending!.reason)")
    }
  }

  private func execute(_ event: SimulatedEvent) throws {
    switch event {
    case .toCoordinator(let message, let process, let slot, let attempts):
      try deliver(message, from: process, slot: slot, attempts: attempts)
      try checkMemoryOfCoordinator()
    case .toWorker(let message, let process):
      try deliver(message, to: process)
    case .connection(let process, let event):
      if let worker = worker(process) { try tell(worker, event) }
    case .endOfWorker(let process):
      try hearEnd(of: process)
    case .tick(let process):
      try passTime(of: process)
    case .computed(let process, let lease, let chunks):
      try compute(process, lease, chunks)
      try checkMemory(of: process)
    case .workStopped(let process, let lease):
      if let worker = worker(process) { try tell(worker, .workStopped(lease)) }
    case .commit(let process):
      try writeCommit(process)
    case .reduction(let process, let event):
      if coordinator?.number == process { try tellCoordinator(event) }
    case .checkpoint(let process):
      try writeCheckpoint(process)
    case .startCoordinator:
      try startCoordinator()
    case .startWorker(let slot):
      if workers[slot] == nil { try startWorker(slot) }
    case .fault(let fault):
      try inject(fault)
    case .diskHasRoom:
      disk.capacityBytes = nil
    }
  }

  private func passTime(of process: ProcessNumber) throws {
    if let coordinator, coordinator.number == process {
      queue.schedule(.tick(process), at: now + Self.tick)
      if !coordinator.isPaused(at: now) { try tellCoordinator(.tick) }
    } else if let worker = worker(process) {
      queue.schedule(.tick(process), at: now + Self.tick)
      if !worker.isPaused(at: now) { try tell(worker, .tick) }
    }
  }

  func worker(_ process: ProcessNumber) -> SimulatedWorker? {
    workers.lazy.compactMap { $0 }.first { $0.number == process }
  }

  func newProcess() -> ProcessNumber {
    defer { nextProcess += 1 }
    return nextProcess
  }

  func say(_ text: @autoclosure () -> String) {
    guard let trace else { return }
    let seconds = HumanFormat.decimal((now - Instant(nanoseconds: 0)).seconds, places: 6)
    trace("\(String(repeating: " ", count: max(0, 11 - seconds.count)))\(seconds)  \(text())")
  }

  /// After what alone can make it grow: a message.
  private func checkMemoryOfCoordinator() throws {
    guard let coordinator else { return }
    try Invariants.holds("the ledger", coordinator.core.heldBytes, atMost: plan.bufferBytes)
  }

  /// After what alone can make it grow: one more chunk of a gradient.
  private func checkMemory(of process: ProcessNumber) throws {
    guard let worker = worker(process) else { return }
    try Invariants.holds(
      "a worker's push", worker.core.queuedChunks, atMost: SmallModel.grid.chunkCount)
  }
}
