// The words in which a worker's transitions are stated: given where it stands, on an event, exactly
// these orders.

import Basics
import Coordination
import Wire

/// A worker whose replica has 2 chunks, and which holds shard 0 and perhaps more.
struct GivenWorker {
  private var core: WorkerCore
  private var now = Instant(nanoseconds: 0)
  private var session: UInt32 = 0
  private var sequence: UInt64 = 0

  private static let chunkDigests = [Digest(of: "a"), Digest(of: "b")]
  static let digest = Digest(of: chunkDigests)
  static let welcome = Welcome(
    runIdentity: "run", configurationYAML: "seed: 1",
    parameterCount: UInt64(ChunkGrid.valuesPerChunk + 1), step: Step(0), digest: digest,
    heartbeatInterval: .seconds(1), heartbeatTimeout: .seconds(10), window: 2)
  static let lease = Lease(
    id: LeaseID(7), step: Step(0), kind: .train, microbatch: 1, shard: ShardID(0), bounds: .paper,
    credit: 1)

  init(shards: [UInt32] = [0], _ change: (inout WorkerSettings) -> Void = { _ in }) {
    var settings = WorkerSettings(
      name: "w", processNonce: 1, datasetDigest: Digest(of: "data"),
      heldShards: shards.map(ShardID.init), threads: 2, arithmetic: Arithmetic.version,
      coordinatorTimeout: .seconds(60))
    change(&settings)
    core = WorkerCore(settings: settings, now: now)
  }

  // MARK: - What happens

  /// - Returns: what is ordered, without what is only said in the log, and with all stamps zero.
  mutating func on(_ event: WorkerEvent) -> [WorkerCommand] {
    core.handle(event, at: now).compactMap { command in
      switch command {
      case .log:
        return nil
      case .send(let message):
        if case .hello = message.message { (session, sequence) = (session + 1, 0) }
        return say(message.message)
      default:
        return command
      }
    }
  }

  /// The coordinator says something in the session at hand.
  mutating func on(_ message: CoordinatorMessage) -> [WorkerCommand] {
    let stamp = SessionStamp(session: session, sequence: sequence)
    sequence += 1
    return on(.message(Stamped(stamp: stamp, message: message)))
  }

  /// Time passes, and nothing else happens.
  mutating func after(_ time: Duration) -> [WorkerCommand] {
    now = now + time
    return on(.tick)
  }

  /// A chunk of the replica has been taken.
  mutating func apply(_ chunk: UInt32) -> [WorkerCommand] {
    on(
      .replicaChunkApplied(
        ChunkIndex(chunk), Step(0), digest: Self.chunkDigests[Int(chunk)]))
  }

  // MARK: - Where a test begins

  /// A worker that was welcomed and fetches the replica.
  static func syncing(
    shards: [UInt32] = [0], _ change: (inout WorkerSettings) -> Void = { _ in }
  ) -> GivenWorker {
    var worker = GivenWorker(shards: shards, change)
    _ = worker.on(.connected)
    _ = worker.on(.welcome(WorkerID(1), welcome))
    _ = worker.on(.prepared)
    return worker
  }

  /// A worker that holds the replica.
  static func idle(
    shards: [UInt32] = [0], _ change: (inout WorkerSettings) -> Void = { _ in }
  ) -> GivenWorker {
    var worker = syncing(shards: shards, change)
    _ = worker.apply(0)
    _ = worker.apply(1)
    return worker
  }

  /// A worker that computes a lease with credit for one chunk.
  static func computing(
    shards: [UInt32] = [0], _ change: (inout WorkerSettings) -> Void = { _ in }
  ) -> GivenWorker {
    var worker = idle(shards: shards, change)
    _ = worker.on(.lease(lease))
    return worker
  }

  /// What it says of itself.
  static func hello(
    shards: [UInt32] = [0], replica: Step? = nil, digest: Digest? = nil, run: String? = nil
  ) -> WorkerCommand {
    say(
      .hello(
        WorkerHello(
          workerName: "w", processNonce: 1, datasetDigest: Digest(of: "data"),
          heldShards: shards.map(ShardID.init), threads: 2, arithmetic: Arithmetic.version,
          replica: replica, replicaDigest: digest, runIdentity: run)))
  }

  /// A chunk of the lease's gradient, as it comes from the computation.
  static func computed(_ chunk: UInt32) -> WorkerEvent {
    .gradientChunk(lease.id, ChunkIndex(chunk), payload: [1, 2])
  }

  /// The same on its way.
  static func push(_ chunk: UInt32) -> WorkerCommand {
    say(.gradientChunk(lease: lease.id, chunk: ChunkIndex(chunk), payload: [1, 2]))
  }
}
