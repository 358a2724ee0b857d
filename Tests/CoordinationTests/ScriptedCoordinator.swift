// A coordinator in a test, spoken to message by message.

import Basics
import Coordination
import Wire

/// A coordinator whose workers say what a test has them say, word for word.
struct ScriptedCoordinator {
  private var core: CoordinatorCore
  private var now = Instant(nanoseconds: 0)
  private var sequences: [WorkerID: UInt64] = [:]
  /// What each worker was told, in order.
  private(set) var told: [WorkerID: [CoordinatorMessage]] = [:]
  /// Contributions to the sum, in order.
  private(set) var additions: [String] = []
  /// A contribution that cannot be added.
  var damaged: (chunk: Int, microbatch: Int)?

  static let chunks = SimulatedCluster.chunks
  static let chunkBytes = 8

  /// A window of 2 chunks, and no evaluation but at the end.
  /// - Parameters:
  ///   - bufferBytes: chunks have 8 each.
  ///   - isEvaluated: whether the evaluation of step 0 is recorded.
  ///   - change: what differs from the usual settings.
  init(
    bufferBytes: Int, isEvaluated: Bool = false,
    _ change: (inout CoordinatorSettings) -> Void = { _ in }
  ) {
    var settings = SimulatedCluster.settings(steps: 12)
    settings.gradientChunkBytes = Self.chunkBytes
    settings.bufferBytes = bufferBytes
    settings.evaluationInterval = 0
    change(&settings)
    core = CoordinatorCore(
      settings: settings, position: RunPosition(startWith: Digest(of: "0")),
      isEvaluated: isEvaluated, checkpointed: nil, now: now)
  }

  var heldBytes: Int { core.heldBytes }

  /// The newest lease that a worker was given.
  func lease(of worker: WorkerID) -> Lease? {
    told[worker, default: []].reversed().lazy.compactMap {
      if case .lease(let lease) = $0 { lease } else { nil }
    }.first
  }

  /// Chunks of its newest lease that a worker may have sent by now.
  func credit(of worker: WorkerID) -> Int {
    guard let newest = lease(of: worker) else { return 0 }
    return told[worker]!.reduce(Int(newest.credit)) { sum, message in
      if case .credit(newest.id, let chunks) = message { sum + Int(chunks) } else { sum }
    }
  }

  /// All leases that anybody was given.
  var leases: [Lease] {
    told.values.joined().compactMap { if case .lease(let lease) = $0 { lease } else { nil } }
  }

  /// A worker comes, or comes back, with the replica and its shards.
  mutating func join(_ worker: WorkerID, shards: [UInt32] = [0, 1, 2]) {
    let session =
      (told[worker, default: []].count { if case .welcome = $0 { true } else { false } })
    sequences[worker] = UInt64(session + 1) << 32
    say(
      .hello(
        WorkerHello(
          workerName: "w\(worker)", processNonce: UInt64(worker.rawValue),
          datasetDigest: Digest(of: "data"), heldShards: shards.map(ShardID.init),
          threads: 1, arithmetic: Arithmetic.version)), worker)
    say(.synced(core.position.step), worker)
  }

  mutating func say(_ message: WorkerMessage, _ worker: WorkerID) {
    let place = sequences[worker]!
    sequences[worker] = place + 1
    let stamp = SessionStamp(
      session: UInt32(place >> 32), sequence: place & UInt64(UInt32.max))
    tell(.message(Stamped(stamp: stamp, message: message), from: worker))
  }

  /// A worker sends a chunk of its newest lease.
  mutating func push(_ chunk: Int, _ worker: WorkerID, bytes: Int = chunkBytes) {
    let payload = [UInt8](repeating: UInt8(chunk), count: bytes)
    say(
      .gradientChunk(
        lease: lease(of: worker)!.id, chunk: ChunkIndex(index: chunk), payload: payload), worker)
  }

  /// A worker reports its newest lease done.
  mutating func report(_ worker: WorkerID) {
    var report = WorkReport()
    report.sums.pairs = 4
    report.sums.hidden = 10
    say(.leaseDone(lease: lease(of: worker)!.id, report), worker)
  }

  mutating func pass(_ time: Duration) {
    now = now + time
    tell(.tick)
  }

  mutating func tell(_ event: CoordinatorEvent) {
    for command in core.handle(event, at: now) {
      switch command {
      case .send(let message, let worker): told[worker, default: []].append(message.message)
      case .reduce(let order):
        let (chunk, microbatch) = (order.chunk, order.microbatch)
        if let damaged, damaged == (chunk.index, microbatch) {
          tell(
            .reductionRefused(
              chunk, microbatch: microbatch, order.lease, from: order.worker, reason: "damaged",
              isNotFinite: false))
        } else {
          additions.append("chunk \(chunk) of microbatch \(microbatch)")
          tell(
            .reduced(
              chunk, microbatch: microbatch, order.lease,
              ChunkMeasure(squaredNorm: 1, fingerprint: 0)))
        }
      default: break
      }
    }
  }
}
