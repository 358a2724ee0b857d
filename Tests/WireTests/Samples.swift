// One message of every kind, with values that no default has.

import Basics
import Wire

enum Samples {
  static func stamped<Message>(_ message: Message) -> Stamped<Message> {
    Stamped(stamp: SessionStamp(session: .max, sequence: .max), message: message)
  }

  static let digest = Digest(high: 0xFFFF_FFFF_FFFF_FFFF, low: 1)

  static var hello: WorkerHello {
    WorkerHello(
      protocolVersion: 7, workerName: "nœud-1", processNonce: .max, datasetDigest: digest,
      heldShards: [ShardID(0), ShardID(5), ShardID(.max)], threads: 2, arithmetic: .max,
      replica: Step(0), replicaDigest: digest, runIdentity: "run-1",
      earlierVersions: [
        DatasetVersion(digest: Digest(high: 3, low: 4), heldShards: [ShardID(9), ShardID(2)]),
        DatasetVersion(digest: Digest(high: 5, low: 6), heldShards: []),
      ])
  }

  static var newcomer: WorkerHello {
    WorkerHello(
      workerName: "", processNonce: 0, datasetDigest: digest, heldShards: [], threads: 1,
      arithmetic: 0)
  }

  static let report = WorkReport(
    sums: .init(
      weighted: 1.5, hidden: 1 << 53, pairs: 32, measures: [.infinity, 0.25, -0.0]),
    phases: .init(data: 0.5, compute: 1e-9, encode: 0, network: 1e6),
    peakMemoryBytes: 1 << 48)

  static let welcome = Welcome(
    runIdentity: "run-1", configurationYAML: "model: tiny # ½\n", parameterCount: 86_000_000,
    step: Step(.max), digest: digest, heartbeatInterval: .milliseconds(1),
    heartbeatTimeout: .seconds(86_400),
    window: 16, datasetVersion: 64)

  static let fromWorker: [WorkerMessage] = [
    .hello(hello), .hello(newcomer), .heartbeat(step: nil), .heartbeat(step: Step(0)),
    .requestChunks([ChunkRequest(chunk: ChunkIndex(3), have: nil)]),
    .requestChunks((0..<64).map { ChunkRequest(chunk: ChunkIndex($0), have: Step($0)) }),
    .synced(Step(12)),
    .gradientChunk(lease: LeaseID(1), chunk: ChunkIndex(0), payload: [0, 255, 7]),
    .leaseDone(lease: LeaseID(9), report), .leaseDone(lease: LeaseID(0), WorkReport()),
    .leaseReturned(lease: LeaseID(2), reason: "the shard is damaged", givesUpShard: true),
    .goodbye(reason: ""),
  ]

  static let fromCoordinator: [CoordinatorMessage] = [
    .welcome(WorkerID(4), welcome), .refuse(.unfit, reason: "another dataset"),
    .refuse(.greetAnew, reason: "this session is not known"), .refuse(.misconduct, reason: ""),
    .refuse(.unsound, reason: "not finite"),
    .published(step: Step(3), digest: digest),
    .replicaChunk(chunk: ChunkIndex(1), from: nil, to: Step(0), payload: [1]),
    .replicaChunk(chunk: ChunkIndex(1), from: Step(4), to: Step(5), payload: [1, 2]),
    .lease(lease(.train)), .lease(lease(.evaluate)), .cancel(lease: LeaseID(3)),
    .credit(lease: LeaseID(3), chunks: 8), .heartbeat, .stop(reason: "done", kind: .finished),
    .stop(reason: "Ctrl-C", kind: .interrupted), .stop(reason: "disk full", kind: .error),
  ]

  static func lease(_ kind: LeaseKind) -> Lease {
    Lease(
      id: LeaseID(8), step: Step(2), kind: kind, microbatch: 31, shard: ShardID(6), bounds: .paper,
      held: ChunkSet(bytes: [0, 129, 0]), credit: 3)
  }
}
