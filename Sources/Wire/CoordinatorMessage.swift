// What the coordinator says to a worker. Plain values: how they travel is in the coding files.

import Basics

package enum CoordinatorMessage: Equatable, Sendable {
  /// The answer to a `hello` that fits the run.
  case welcome(WorkerID, Welcome)
  /// The worker takes no part as it is. What it does now follows from the kind; the reason is for
  /// people.
  case refuse(RefusalKind, reason: String)
  /// A step's replica is complete at the coordinator; `digest` is that of its values.
  case published(step: Step, digest: Digest)
  /// One encoded chunk of the replica: its difference from step `from`, or its full value when that
  /// is nil.
  case replicaChunk(chunk: ChunkIndex, from: Step?, to: Step, payload: [UInt8])
  case lease(Lease)
  /// The lease is no longer wanted; nothing more of it needs sending.
  case cancel(lease: LeaseID)
  /// So many more gradient chunks of the lease may be sent.
  case credit(lease: LeaseID, chunks: UInt32)
  case heartbeat
  /// The run is over for this worker.
  case stop(reason: String, kind: StopKind)
}

/// The run, as a worker needs to know it.
package struct Welcome: Equatable, Sendable {
  package var runIdentity: String
  /// The resolved configuration; at most `WireLimits.configurationBytes` of UTF-8.
  package var configurationYAML: String
  /// Floats in the flat parameter vector.
  package var parameterCount: UInt64
  /// The newest published step, and the digest of its replica.
  package var step: Step
  package var digest: Digest
  package var heartbeatInterval: Duration
  /// The coordinator is taken for gone after so long without a word.
  package var heartbeatTimeout: Duration
  /// Chunks that may be under way, each way.
  package var window: UInt32
  /// The run's version of the dataset, by its place in the greeting's `versions`.
  package var datasetVersion: UInt32

  package init(
    runIdentity: String, configurationYAML: String, parameterCount: UInt64, step: Step,
    digest: Digest,
    heartbeatInterval: Duration, heartbeatTimeout: Duration, window: UInt32,
    datasetVersion: UInt32 = 0
  ) {
    self.runIdentity = runIdentity
    self.configurationYAML = configurationYAML
    self.parameterCount = parameterCount
    self.step = step
    self.digest = digest
    self.heartbeatInterval = heartbeatInterval
    self.heartbeatTimeout = heartbeatTimeout
    self.window = window
    self.datasetVersion = datasetVersion
  }
}

/// A microbatch handed to a worker.
package struct Lease: Hashable, Sendable {
  package var id: LeaseID
  /// The replica to compute with.
  package var step: Step
  package var kind: LeaseKind
  package var microbatch: UInt32
  package var shard: ShardID
  package var bounds: MaskRatioBounds
  /// Chunks of the gradient that the coordinator has: they need not be sent.
  package var held: ChunkSet
  /// Chunks that may be sent before the first credit.
  package var credit: UInt32

  package init(
    id: LeaseID, step: Step, kind: LeaseKind, microbatch: UInt32, shard: ShardID,
    bounds: MaskRatioBounds, held: ChunkSet = ChunkSet(), credit: UInt32 = 0
  ) {
    self.id = id
    self.step = step
    self.kind = kind
    self.microbatch = microbatch
    self.shard = shard
    self.bounds = bounds
    self.held = held
    self.credit = credit
  }
}

package enum LeaseKind: Hashable, Sendable, CaseIterable {
  /// Loss and gradient of a training microbatch.
  case train
  /// Loss and baselines of a held-out microbatch; no gradient.
  case evaluate
}

/// Why a worker is refused. Only the first can be helped by the worker itself; the others end it.
package enum RefusalKind: Hashable, Sendable, CaseIterable {
  /// No session of this worker is known: it is to greet anew.
  case greetAnew
  /// It does not fit the run, or there is no room for it.
  case unfit
  /// It said what no worker may say.
  case misconduct
  /// What it computed is damaged, is not finite, or was refuted by a second computation.
  case unsound
}

package enum StopKind: Hashable, Sendable, CaseIterable {
  /// All steps are done.
  case finished
  /// The user stopped the run; it can be resumed.
  case interrupted
  /// The run cannot go on.
  case error
  /// Its numbers are not finite: it cannot go on, and a resume comes to the same.
  case diverged
}
