// What a worker knows of itself before it finds a coordinator.

import Basics
import Wire

/// What a worker says of itself, and how patient it is.
package struct WorkerSettings: Sendable {
  package var name: String
  package var processNonce: UInt64
  package var datasetDigest: Digest
  package var heldShards: [ShardID]
  /// Of the dataset, beside that of `datasetDigest`: a run that began with one of them can be
  /// joined too.
  package var earlierVersions: [DatasetVersion] = []
  package var threads: Int
  /// `Arithmetic.version` of this release.
  package var arithmetic: UInt32
  /// How long to wait for a coordinator, at the start and when it is lost.
  package var coordinatorTimeout: Duration
  /// Whether a coordinator that was stopped before the run's end is waited for, as one is that
  /// vanished: somebody may go on with the run.
  package var outlivesStops = false
  /// When this worker has to be gone; nil when it stays for as long as the run.
  package var leavesAt: Instant?
  /// The one run to join; any when nil.
  package var runIdentity: String?
  /// Values in every chunk of the parameter vector but the last.
  package var valuesPerChunk = ChunkGrid.valuesPerChunk

  package init(
    name: String, processNonce: UInt64, datasetDigest: Digest, heldShards: [ShardID], threads: Int,
    arithmetic: UInt32, coordinatorTimeout: Duration, runIdentity: String? = nil
  ) {
    self.name = name
    self.processNonce = processNonce
    self.datasetDigest = datasetDigest
    self.heldShards = heldShards
    self.threads = threads
    self.arithmetic = arithmetic
    self.coordinatorTimeout = coordinatorTimeout
    self.runIdentity = runIdentity
  }
}
