// The words in which a coordinator's transitions are stated: given where it stands, on an event,
// exactly these orders.

import Basics
import Coordination
import Wire

/// A run of 3 steps, each of 2 microbatches of shard 0, whose gradients have 2 chunks.
struct GivenCoordinator {
  private var core: CoordinatorCore
  private var now = Instant(nanoseconds: 0)
  private var sequences: [WorkerID: UInt64] = [:]
  private var leases: [WorkerID: Lease] = [:]
  /// What the log has, oldest first.
  private(set) var said: [String] = []

  static let chunks = [ChunkIndex(1), ChunkIndex(0)]
  static let chunk: [UInt8] = [1, 2, 3]
  static let measure = ChunkMeasure(squaredNorm: 1, fingerprint: 0)
  /// Of a microbatch's two chunks.
  private static let norm = (2 * measure.squaredNorm).squareRoot()
  static let start = RunPosition(startWith: Digest(of: "0"))

  /// - Parameter change: what differs from the usual settings.
  init(_ change: (inout CoordinatorSettings) -> Void = { _ in }) {
    var settings = SimulatedCluster.settings(steps: 3)
    settings.plan = MicrobatchPlan(
      seed: 1, chipsPerShard: [8], pairsPerMicrobatch: 4, microbatchesPerStep: 2)
    settings.evaluationPlan = nil
    settings.parameterCount = ChunkGrid.valuesPerChunk + 1
    settings.gradientChunkBytes = 8
    settings.bufferBytes = 16
    settings.onDivergence = .stop
    change(&settings)
    core = CoordinatorCore(settings: settings, position: Self.start, checkpointed: nil, now: now)
  }

  // MARK: - What happens

  /// - Returns: what is ordered, without what is only said in the log, and with all stamps zero.
  mutating func on(_ event: CoordinatorEvent) -> [CoordinatorCommand] {
    core.handle(event, at: now).compactMap { command in
      switch command {
      case .log(_, let text):
        said.append(text)
        return nil
      case .send(let message, let worker):
        if case .lease(let lease) = message.message { leases[worker] = lease }
        return tell(worker, message.message)
      case .sendReplicaChunk(let chunk, let have, let worker, _):
        return sendReplicaChunk(chunk, have: have, to: worker)
      default:
        return command
      }
    }
  }

  /// A worker says something in its session.
  mutating func on(_ worker: WorkerID, _ message: WorkerMessage) -> [CoordinatorCommand] {
    let sequence = sequences[worker, default: 0]
    sequences[worker] = sequence + 1
    let stamp = SessionStamp(session: 1, sequence: sequence)
    return on(.message(Stamped(stamp: stamp, message: message), from: worker))
  }

  /// Time passes, and nothing else happens.
  mutating func after(_ time: Duration) -> [CoordinatorCommand] {
    now = now + time
    return on(.tick)
  }

  // MARK: - Ways to where a test begins

  /// Workers greet and hold the replica: each is leased what is left.
  mutating func join(_ workers: WorkerID...) {
    for worker in workers {
      _ = on(worker, .hello(Self.hello(of: worker)))
      _ = on(worker, .synced(core.position.step))
    }
  }

  /// A worker sends a chunk of its newest lease.
  mutating func push(_ chunk: ChunkIndex, _ worker: WorkerID) -> [CoordinatorCommand] {
    on(
      worker,
      .gradientChunk(lease: leaseID(of: worker), chunk: chunk, payload: GivenCoordinator.chunk))
  }

  /// A worker sends all of its newest lease, which is added.
  mutating func compute(
    _ worker: WorkerID, _ report: WorkReport = report
  ) -> [CoordinatorCommand] {
    for chunk in Self.chunks { add(push(chunk, worker)) }
    return on(worker, .leaseDone(lease: leaseID(of: worker), report))
  }

  /// Makes the additions that are ordered, and those that follow from them.
  private mutating func add(_ orders: [CoordinatorCommand]) {
    for case .reduce(let order) in orders {
      add(on(.reduced(order.chunk, microbatch: order.microbatch, order.lease, Self.measure)))
    }
  }

  /// A worker reports its newest lease done.
  mutating func report(_ worker: WorkerID) -> [CoordinatorCommand] {
    on(worker, .leaseDone(lease: leaseID(of: worker), Self.report))
  }

  /// All work of a step is in, by one worker alone.
  mutating func computeStep() {
    join(one)
    _ = compute(one)
    _ = compute(one)
  }

  /// A step is on its way to the disk.
  mutating func commitStep() {
    computeStep()
    _ = on(.measured(norm: 1))
    _ = on(.updated(Digest(of: "1"), isFinite: true))
  }

  /// The update of a step whose work is in; nil where nothing is committed then.
  mutating func update() -> StepCommit? {
    _ = on(.measured(norm: 1))
    for case .commit(let commit, _) in on(.updated(Digest(of: "1"), isFinite: true)) {
      return commit
    }
    return nil
  }

  // MARK: - What is told to those who look

  var activity: String { core.activity }

  var standings: [WorkerStanding] { core.standings(at: now) }

  // MARK: - What is expected

  func leaseID(of worker: WorkerID) -> LeaseID { leases[worker]?.id ?? LeaseID(0) }

  static func hello(of worker: WorkerID) -> WorkerHello {
    WorkerHello(
      workerName: "w\(worker)", processNonce: UInt64(worker.rawValue),
      datasetDigest: Digest(of: "data"), heldShards: [ShardID(0)], threads: 2,
      arithmetic: Arithmetic.version)
  }

  static var report: WorkReport {
    var report = WorkReport()
    report.sums.pairs = 4
    report.sums.hidden = 10
    return report
  }

  /// What all microbatches of a step add up to.
  static func outcome(workers: Int = 1) -> StepOutcome {
    var sums = report.sums
    sums += report.sums
    return StepOutcome(
      step: Step(0), sums: sums, means: [], workers: workers, started: Instant(nanoseconds: 0))
  }

  /// The first step, made by one worker.
  static var commit: StepCommit {
    StepCommit(
      position: start.next(Digest(of: "1"), norms: [norm, norm]),
      outcome: outcome(), gradientNorm: 1, isSkipped: false)
  }

  static func lease(
    _ id: UInt32, microbatch: UInt32, held: ChunkSet = ChunkSet(), credit: UInt32 = 2
  ) -> CoordinatorMessage {
    .lease(
      Lease(
        id: LeaseID(id), step: Step(0), kind: .train, microbatch: microbatch, shard: ShardID(0),
        bounds: .paper, held: held, credit: credit))
  }
}

let one = WorkerID(1)
let two = WorkerID(2)

private let noStamp = SessionStamp(session: 0, sequence: 0)

/// The order to send a message.
func tell(_ worker: WorkerID, _ message: CoordinatorMessage) -> CoordinatorCommand {
  .send(Stamped(stamp: noStamp, message: message), to: worker)
}

/// The order to answer a request.
func sendReplicaChunk(
  _ chunk: ChunkIndex, have: Step?, to worker: WorkerID
) -> CoordinatorCommand {
  .sendReplicaChunk(chunk, have: have, to: worker, noStamp)
}

/// The order to send a message of a worker.
func say(_ message: WorkerMessage) -> WorkerCommand {
  .send(Stamped(stamp: noStamp, message: message))
}
