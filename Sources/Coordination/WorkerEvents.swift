// What a worker can be told, and what it can ask for.

import Basics
import Wire

/// What happened to a worker.
package enum WorkerEvent: Equatable, Sendable {
  case message(Stamped<CoordinatorMessage>)
  case connected
  case disconnected
  /// Why there is no connection; who connects goes on trying.
  case troubled(String)
  /// The memory for the model is there; the replica can be fetched.
  case prepared
  case preparationFailed(reason: String)
  /// A `.applyReplicaChunk` was carried out.
  case replicaChunkApplied(ChunkIndex, Step, digest: Digest)
  /// A `.applyReplicaChunk` was not carried out: the payload is damaged or holds numbers that are
  /// not finite.
  case replicaChunkRefused(ChunkIndex, reason: String)
  /// A chunk of the lease's gradient is final and encoded.
  case gradientChunk(LeaseID, ChunkIndex, payload: [UInt8])
  /// All chunks were given.
  case workDone(LeaseID, WorkReport)
  /// The work was cancelled.
  case workStopped(LeaseID)
  /// The lease cannot be carried out from what lies here: its shard is given up.
  case shardUnreadable(LeaseID, reason: String)
  /// The lease cannot be carried out for want of memory or files that may be open; its shard is as
  /// good as before.
  case shortage(LeaseID, reason: String)
  /// Somebody wants this worker to leave: a lease under way is returned.
  case stopRequested
  case tick
}

/// What a worker wants done.
package enum WorkerCommand: Equatable, Sendable {
  case send(Stamped<WorkerMessage>)
  /// Allocate what the configuration needs. Answered by `.prepared` or `.preparationFailed`.
  case prepare(Welcome)
  /// Add the delta to the chunk, or set it where `from` is nil.
  case applyReplicaChunk(ChunkIndex, from: Step?, to: Step, payload: [UInt8])
  /// Compute; answered by a `.gradientChunk` for each chunk that is not held and `.workDone`, or by
  /// `.workStopped`, `.shardUnreadable` or `.shortage`. When all chunks are held the report is
  /// wanted alone, and the backward pass can be left out.
  case start(Lease)
  case cancelWork(LeaseID)
  case log(LogLevel, String)
  case end(WorkerEnding)
}
