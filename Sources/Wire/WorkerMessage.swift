// What a worker says to the coordinator. Plain values: how they travel is in the coding files.

import Basics

package enum WorkerMessage: Equatable, Sendable {
  /// The first message of every connection.
  case hello(WorkerHello)
  /// Sent at the interval that `Welcome` names; `step` is the replica's, nil without one.
  case heartbeat(step: Step?)
  /// Asks for the newest values of chunks; at most `WireLimits.chunkRequests`, at least one.
  case requestChunks([ChunkRequest])
  /// "I hold the whole replica of this step and am idle: give me a lease."
  case synced(Step)
  /// One encoded chunk of a microbatch's gradient.
  case gradientChunk(lease: LeaseID, chunk: ChunkIndex, payload: [UInt8])
  /// Every chunk of the lease has been sent.
  case leaseDone(lease: LeaseID, WorkReport)
  /// The lease will not be worked on; with `givesUpShard`, nor any other of its shard: it cannot be
  /// read here.
  case leaseReturned(lease: LeaseID, reason: String, givesUpShard: Bool)
  case goodbye(reason: String)
}

/// Who a worker is and what it has.
package struct WorkerHello: Equatable, Sendable {
  package var protocolVersion: UInt32
  package var workerName: String
  /// Drawn at a process's start: tells a restarted worker from a reconnected one.
  package var processNonce: UInt64
  package var datasetDigest: Digest
  /// The shards on the worker's disks.
  package var heldShards: [ShardID]
  package var threads: UInt32
  /// `Arithmetic.version` of the worker's release: equal bits need equal versions.
  package var arithmetic: UInt32
  /// The step of the replica at hand, and its digest; both or neither.
  package var replica: Step?
  package var replicaDigest: Digest?
  /// The run this worker belongs to; nil at a first join.
  package var runIdentity: String?
  /// Versions of the dataset that are here beside that of `datasetDigest`.
  package var earlierVersions: [DatasetVersion]

  package init(
    protocolVersion: UInt32 = WireProtocol.version, workerName: String, processNonce: UInt64,
    datasetDigest: Digest, heldShards: [ShardID], threads: UInt32, arithmetic: UInt32,
    replica: Step? = nil, replicaDigest: Digest? = nil, runIdentity: String? = nil,
    earlierVersions: [DatasetVersion] = []
  ) {
    self.protocolVersion = protocolVersion
    self.workerName = workerName
    self.processNonce = processNonce
    self.datasetDigest = datasetDigest
    self.heldShards = heldShards
    self.threads = threads
    self.arithmetic = arithmetic
    self.replica = replica
    self.replicaDigest = replicaDigest
    self.runIdentity = runIdentity
    self.earlierVersions = earlierVersions
  }

  /// That of `datasetDigest`, then the earlier ones.
  package var versions: [DatasetVersion] {
    [DatasetVersion(digest: datasetDigest, heldShards: heldShards)] + earlierVersions
  }
}

/// A dataset as a worker has it: what it is, and which of its shards are there.
package struct DatasetVersion: Equatable, Sendable {
  package var digest: Digest
  package var heldShards: [ShardID]

  package init(digest: Digest, heldShards: [ShardID]) {
    self.digest = digest
    self.heldShards = heldShards
  }
}

/// A chunk wanted, and the step of the values the worker has of it (nil: none, send full values).
package struct ChunkRequest: Hashable, Sendable {
  package var chunk: ChunkIndex
  package var have: Step?

  package init(chunk: ChunkIndex, have: Step?) {
    self.chunk = chunk
    self.have = have
  }
}

/// What a finished microbatch gave, summed over its pairs. Losses may be infinite or NaN when a run
/// diverges; times are finite.
package struct WorkReport: Equatable, Sendable {
  package var sums: LossSums
  package var phases: PhaseSeconds
  /// Most memory that the worker's process has had so far, where it knows.
  package var peakMemoryBytes: Int?

  package init(
    sums: LossSums = LossSums(), phases: PhaseSeconds = PhaseSeconds(),
    peakMemoryBytes: Int? = nil
  ) {
    self.sums = sums
    self.phases = phases
    self.peakMemoryBytes = peakMemoryBytes
  }

  /// Where the microbatch's time went, in seconds.
  package struct PhaseSeconds: Hashable, Sendable {
    package var data: Double
    package var compute: Double
    package var encode: Double
    package var network: Double

    package init(data: Double = 0, compute: Double = 0, encode: Double = 0, network: Double = 0) {
      self.data = data
      self.compute = compute
      self.encode = encode
      self.network = network
    }

    package static func += (a: inout PhaseSeconds, b: PhaseSeconds) {
      a.data += b.data
      a.compute += b.compute
      a.encode += b.encode
      a.network += b.network
    }
  }
}
