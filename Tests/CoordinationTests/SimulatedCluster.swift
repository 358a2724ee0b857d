// Both cores joined by a network in memory, for tests of whole runs.

import Basics
import Coordination
import Wire

/// Coordinator and workers with an in-memory network whose delays come from a seed. Parameters are
/// one number a chunk; a gradient is a hash of all of them, so that any slip in order, any lost or
/// doubled contribution changes every later digest.
struct SimulatedCluster {
  enum Delivery {
    case toCoordinator(Stamped<WorkerMessage>)
    case toWorker(Stamped<CoordinatorMessage>)
  }

  final class WorkerProcess {
    var core: WorkerCore
    var replica: [UInt64]
    /// Per direction, in order, as over a connection.
    var inbox: [Stamped<CoordinatorMessage>] = []
    var outbox: [Stamped<WorkerMessage>] = []
    /// What is being computed, and how many chunks are left.
    var lease: Lease?
    var chunksLeft: [ChunkIndex] = []
    var isStuck = false
    var ending: WorkerEnding?

    init(core: WorkerCore, chunks: Int) {
      self.core = core
      replica = Array(repeating: 0, count: chunks)
    }
  }

  static let chunks = 3
  static let microbatches = 4
  let steps: Int
  var random: CounterRandom
  var now = Instant(nanoseconds: 0)
  var coordinator: CoordinatorCore
  var master: [UInt64]
  var sums: [UInt64]
  var workers: [WorkerID: WorkerProcess] = [:]
  var digests: [Digest] = []
  var additions: [String] = []
  var evaluations: [EvaluationOutcome] = []
  var savedSteps: [Step] = []
  var recordedSteps: [Step] = []
  var placesOfChunkZero: [PlaceInSum] = []
  var segmentsBegun = 0
  var droppedThrough: [Step] = []
  var ending: (StopKind, String)?
  var log: [String] = []
  /// What the coordinator recorded.
  var events: [(kind: RunEventKind, worker: String?, detail: String)] = []
  /// Who was leased what.
  var leases: [(worker: WorkerID, lease: Lease)] = []
  var nextWorker: UInt32 = 1
  var failsCheckpoints = false
  /// What the norm of a complete sum is, at a step.
  var norm: (Int) -> Double = { _ in 1 }
  /// What a worker gives instead of a chunk's gradient; it makes the norm infinite.
  var wrongGradient: (WorkerID, Lease) -> UInt64? = { _, _ in nil }
  /// What a worker gives instead of a chunk's gradient, and that chunk's squared norm.
  var lie: (WorkerID, Lease) -> (value: UInt64, squaredNorm: Double)? = { _, _ in nil }
  var squaredNormsOfLies: [UInt64: Double] = [:]
  /// The squared norm of an honest gradient's chunk, at a step and of a microbatch.
  var squaredNorm: (Int, Int) -> Double = { _, _ in 1 }
  /// Who gave chunks that were measured and not added.
  var rechecks: [(step: Int, microbatch: Int, worker: WorkerID)] = []
  /// Whether a worker's loss is infinite.
  var isLossInfinite: (WorkerID, Lease) -> Bool = { _, _ in false }
  var wrongGradients: Set<UInt64> = []
  var isSumWrong = false
  /// Who supplied chunks of which microbatch of which step.
  var reductions: [(step: Int, microbatch: Int, worker: WorkerID)] = []
  var skipped: [(StepOutcome, norm: Double)] = []
  /// The update that gives numbers that are not finite.
  var divergesAt: Int?
  /// The worker that cannot take a replica chunk, and how many times more.
  var replicaRefusals: (worker: WorkerID, left: Int)?

  static func settings(steps: Int) -> CoordinatorSettings {
    CoordinatorSettings(
      runIdentity: "run", datasetDigest: Digest(of: "data"), configurationYAML: "seed: 1",
      arithmetic: Arithmetic.version,
      plan: MicrobatchPlan(
        seed: 1, chipsPerShard: [10, 10], pairsPerMicrobatch: 4, microbatchesPerStep: microbatches),
      maskRatio: .constant(.paper), steps: Step(UInt32(steps)), evaluationInterval: 3,
      evaluationPlan: MicrobatchPlan(
        seed: 2, firstShard: ShardID(2), chipsPerShard: [8], pairsPerMicrobatch: 4,
        microbatchesPerStep: 2),
      checkpointInterval: 5, journalBytes: 0,
      parameterCount: ChunkGrid.valuesPerChunk * (chunks - 1) + 1, pixelsPerPair: 100, window: 2,
      bufferBytes: 20,
      heartbeatInterval: .seconds(1), heartbeatTimeout: .seconds(10),
      shortestLease: .seconds(5), longestLease: .seconds(60), shardLossTimeout: .seconds(600),
      shardLossPolicy: .stop)
  }

  /// - Parameters:
  ///   - owesCheckpoint: whether the coordinator came up from a checkpoint that was not the newest.
  ///   - change: what differs from the usual settings.
  init(
    seed: UInt64, steps: Int, owesCheckpoint: Bool = false,
    _ change: (inout CoordinatorSettings) -> Void = { _ in }
  ) {
    self.steps = steps
    var settings = Self.settings(steps: steps)
    settings.gradientChunkBytes = 8
    change(&settings)
    random = CounterRandom(seed: seed, purpose: .simulation)
    master = (0..<UInt64(Self.chunks)).map { $0 }
    sums = Array(repeating: 0, count: Self.chunks)
    coordinator = CoordinatorCore(
      settings: settings,
      position: RunPosition(startWith: Self.digest(of: master)), checkpointed: nil,
      owesCheckpoint: owesCheckpoint, now: now)
  }

  static func digest(of values: [UInt64]) -> Digest {
    Digest(of: values.map { Digest(of: String($0)) })
  }

  static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let block = CounterRandom.philox(
      counter: SIMD4(UInt32(truncatingIfNeeded: a), UInt32(a >> 32), 1, 2),
      key: (UInt32(truncatingIfNeeded: b), UInt32(b >> 32)))
    return UInt64(block[0]) << 32 | UInt64(block[1])
  }

  static func bytes(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  static func value(_ bytes: [UInt8]) -> UInt64 {
    bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
  }

  @discardableResult
  mutating func startWorker(
    shards: [UInt32] = [0, 1, 2], arithmetic: UInt32 = Arithmetic.version, data: String = "data",
    owner: String? = nil
  ) -> WorkerID {
    let id = WorkerID(nextWorker)
    nextWorker += 1
    let settings = WorkerSettings(
      name: (owner.map { $0 + "/" } ?? "") + "w\(id)", processNonce: UInt64(id.rawValue),
      datasetDigest: Digest(of: data),
      heldShards: shards.map(ShardID.init), threads: 1, arithmetic: arithmetic,
      coordinatorTimeout: .seconds(60))
    workers[id] = WorkerProcess(core: WorkerCore(settings: settings, now: now), chunks: Self.chunks)
    tell(id, .connected)
    return id
  }

  /// `kill -9`: what was on its way from it may still arrive; it hears nothing more.
  mutating func kill(_ id: WorkerID) {
    workers[id] = nil
    tellCoordinator(.disconnected(id))
  }

  /// Runs until the coordinator and all workers have ended, or `limit` events have happened.
  mutating func run(
    limit: Int = 200_000, _ intervene: (inout SimulatedCluster, Int) -> Void = { _, _ in }
  ) {
    for event in 0..<limit {
      if ending != nil && workers.values.allSatisfy({ $0.ending != nil && $0.inbox.isEmpty }) {
        return
      }
      intervene(&self, event)
      advance()
    }
  }

  /// One delivery, one bit of computing or the passing of time, as chance has it.
  mutating func advance() {
    now = now + .milliseconds(random.index(below: 20) + 1)
    let ids = workers.keys.sorted()
    guard !ids.isEmpty, random.index(below: 8) > 0 else { return tick() }
    let id = ids[random.index(below: ids.count)]
    let worker = workers[id]!
    switch random.index(below: 3) {
    case 0 where !worker.inbox.isEmpty:
      let message = worker.inbox.removeFirst()
      tell(id, .message(message))
    case 1 where !worker.outbox.isEmpty:
      let message = worker.outbox.removeFirst()
      tellCoordinator(.message(message, from: id))
    default:
      compute(id)
    }
  }

  mutating func tick() {
    tellCoordinator(.tick)
    for id in workers.keys.sorted() { tell(id, .tick) }
  }

  mutating func compute(_ id: WorkerID) {
    guard let worker = workers[id], let lease = worker.lease, !worker.isStuck else { return }
    if let chunk = worker.chunksLeft.popLast() {
      let gradient = Self.mix(
        worker.replica.reduce(
          UInt64(lease.microbatch) << 32 | UInt64(lease.shard.rawValue), Self.mix),
        UInt64(chunk.rawValue))
      let wrong = wrongGradient(id, lease)
      if let wrong { wrongGradients.insert(wrong) }
      let lie = lie(id, lease)
      if let lie { squaredNormsOfLies[lie.value] = lie.squaredNorm }
      tell(
        id, .gradientChunk(lease.id, chunk, payload: Self.bytes(wrong ?? lie?.value ?? gradient)))
    } else {
      worker.lease = nil
      var report = WorkReport()
      report.sums.weighted = Double(worker.replica[0] % 1000)
      report.sums.hidden = 10
      report.sums.pairs = 4
      if isLossInfinite(id, lease) { report.sums.weighted = .infinity }
      tell(id, .workDone(lease.id, report))
    }
  }

  mutating func tell(_ id: WorkerID, _ event: WorkerEvent) {
    guard let worker = workers[id], worker.ending == nil else { return }
    for command in worker.core.handle(event, at: now) { execute(command, for: id, worker) }
  }

  private mutating func execute(
    _ command: WorkerCommand, for id: WorkerID, _ worker: WorkerProcess
  ) {
    switch command {
    case .send(let message):
      worker.outbox.append(message)
    case .prepare:
      tell(id, .prepared)
    case .applyReplicaChunk(let chunk, _, _, _)
    where replicaRefusals?.worker == id && replicaRefusals!.left > 0:
      replicaRefusals!.left -= 1
      tell(id, .replicaChunkRefused(chunk, reason: "it holds numbers that are not finite"))
    case .applyReplicaChunk(let chunk, _, let to, let payload):
      worker.replica[chunk.index] = Self.value(payload)
      let digest = Digest(of: String(worker.replica[chunk.index]))
      tell(id, .replicaChunkApplied(chunk, to, digest: digest))
    case .start(let lease):
      worker.lease = lease
      let chunks = (0..<Self.chunks).map(ChunkIndex.init(index:))
      worker.chunksLeft = lease.kind == .train ? chunks.filter { !lease.held.contains($0) } : []
    case .cancelWork(let lease):
      // Half the time it is too late to stop, and the work goes on to its end.
      if random.index(below: 2) == 0 { return }
      worker.lease = nil
      tell(id, .workStopped(lease))
    case .log(_, let text):
      log.append("\(worker.core.settings.name): \(text)")
    case .end(let ending):
      worker.ending = ending
    }
  }
}
