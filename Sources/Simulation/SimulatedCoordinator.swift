// One life of the simulated coordinator.

import Basics
import Checkpoints
import Compression
import Coordination
import Kernels
import MaskedAutoencoding
import NeighborMAE
import Objectives
import Optimizer
import Tensors
import TrainingRun
import Wire

/// Which process is which worker to the coordinator.
struct SimulatedPeers {
  private var workers: [ProcessNumber: WorkerID] = [:]
  private var processes: [WorkerID: (process: ProcessNumber, slot: Int)] = [:]
  private var next: UInt32 = 1

  mutating func number(of process: ProcessNumber, in slot: Int) -> WorkerID {
    if let known = workers[process] { return known }
    let worker = WorkerID(next)
    next += 1
    workers[process] = worker
    processes[worker] = (process, slot)
    return worker
  }

  func known(_ process: ProcessNumber) -> WorkerID? { workers[process] }

  func process(of worker: WorkerID) -> (process: ProcessNumber, slot: Int)? { processes[worker] }

  mutating func forget(_ worker: WorkerID) {
    guard let (process, _) = processes.removeValue(forKey: worker) else { return }
    workers[process] = nil
  }
}

/// A process that may stand still, on a clock of its own.
class SimulatedProcess {
  let number: ProcessNumber
  var pausedUntil = Instant(nanoseconds: 0)
  var clockLead: Duration = .zero

  init(number: ProcessNumber) { self.number = number }

  func isPaused(at now: Instant) -> Bool { now < pausedUntil }
  func clock(at now: Instant) -> Instant { now + clockLead }
}

final class SimulatedCoordinator: SimulatedProcess {
  private static let checkpointFolder = "/run/checkpoints"
  private static let journalFolder = "/run/journal"
  static let identity = "simulated"

  unowned let run: SimulatedRun
  let checkpoints: CheckpointStore
  let journal: JournalKeeper
  let journalReader: JournalReader
  let executor: CoordinatorExecutor
  var core: CoordinatorCore
  var peers = SimulatedPeers()
  /// A commit that the disk has not got to, and what was ordered after it.
  var journalOrders: [JournalOrder] = []
  /// A checkpoint under way, and a copy of what it holds, since training goes on.
  var checkpoint: (order: CheckpointOrder, copy: CheckpointTensors)?

  /// Comes up from what is on the disk.
  init(number: ProcessNumber, in run: SimulatedRun) throws {
    self.run = run
    let (store, disk) = (Self.newStore(run.model.codec), run.disk)
    checkpoints = try CheckpointStore(owning: Self.checkpointFolder, files: disk)
    journalReader = Self.journalReader(of: disk)
    var settings = Self.settings
    settings.firstLease = UInt32(number) << 16
    settings.window = run.plan.window
    settings.bufferBytes = run.plan.bufferBytes
    settings.gradientChunkBytes = SmallModel.chunkBytes(run.model.codec)
    if run.planted == .overfullBuffer { settings.bufferBytes += settings.gradientChunkBytes }
    let recovered = try RunRecovery(
      start: RunState(
        startOf: Self.identity, digest: store.digest, datasetDigest: settings.datasetDigest,
        maskRatio: settings.maskRatio),
      checkpoints: checkpoints, journal: journalReader
    ).recover(into: store)
    for rejection in recovered.rejected { try checkpoints.setAside(rejection.step) }
    let position = recovered.state.position
    let writer = try JournalWriter(
      folder: Self.journalFolder, files: disk, run: Self.identity, grid: SmallModel.grid,
      after: position.step)
    journal = JournalKeeper(writer, for: store)
    executor = CoordinatorExecutor(
      store: store, state: recovered.state, evaluation: nil, keepsJournal: true,
      mistake: run.planted?.inExecutor)
    core = CoordinatorCore(
      settings: settings, position: position, checkpointed: recovered.checkpoint?.step,
      owesCheckpoint: !recovered.rejected.isEmpty, now: run.now)
    super.init(number: number)
  }

  /// What a look at the disk finds, before anything is done to it.
  static func checkpoints(reading disk: SimulatedDisk) -> CheckpointStore {
    CheckpointStore(reading: checkpointFolder, files: disk)
  }

  static func journalReader(of disk: SimulatedDisk) -> JournalReader {
    JournalReader(folder: journalFolder, files: disk, run: identity, grid: SmallModel.grid)
  }

  private static let pool = ThreadPool(threadCount: 1)
  private static let layout = SmallModel.configuration.parameterLayout
  private static let initial = SmallModel.configuration.parameterLayout.initialParameters(
    seed: SmallModel.seed)

  private static func newStore(_ codec: CodecKind) -> ParameterStore {
    ParameterStore(
      layout: layout, initial: initial, optimizer: AdamW(),
      schedule: LearningRateSchedule(
        base: 0.1, minimum: 0, imagesPerStep: 12, stepCount: SimulatedRun.steps,
        warmUpShare: 0.2),
      gradientKind: codec, deltaKind: codec, seed: SmallModel.seed,
      pool: pool, valuesPerChunk: SmallModel.valuesPerChunk)
  }

  static let settings: CoordinatorSettings = {
    var settings = CoordinatorSettings(
      runIdentity: identity, datasetDigest: Digest(of: "data"), configurationYAML: "",
      arithmetic: Arithmetic.version,
      plan: MicrobatchPlan(
        seed: SmallModel.seed, chipsPerShard: [7, 9], pairsPerMicrobatch: SmallModel.pairs,
        microbatchesPerStep: SimulatedRun.microbatches),
      maskRatio: .constant(.paper), steps: Step(index: SimulatedRun.steps), evaluationInterval: 3,
      evaluationPlan: MicrobatchPlan(
        seed: 2, firstShard: ShardID(2), chipsPerShard: [4], pairsPerMicrobatch: SmallModel.pairs,
        microbatchesPerStep: 1),
      checkpointInterval: 2, journalBytes: 1 << 20, parameterCount: SmallModel.grid.valueCount,
      pixelsPerPair: 2 * SmallModel.configuration.pixelsPerImage, window: 1,
      bufferBytes: 0, heartbeatInterval: .seconds(1), heartbeatTimeout: .seconds(4),
      shortestLease: .seconds(2), longestLease: .seconds(20), shardLossTimeout: .seconds(600),
      shardLossPolicy: .stop)
    settings.measures = .neighborMAE
    settings.valuesPerChunk = SmallModel.valuesPerChunk
    settings.onDivergence = .skip(factor: 10)
    return settings
  }()

  static func copy(of tensors: CheckpointTensors) -> CheckpointTensors {
    let copy = CheckpointTensors(zerosOf: tensors.layout, averaged: tensors.average != nil)
    copy.copy(from: tensors)
    return copy
  }
}
