// What a worker is doing, each state with the data that it alone needs.

import Basics
import Wire

/// A lease that is being worked on, or whose gradient is being sent.
struct Computation: Sendable {
  let lease: Lease
  var push: GradientPush
  /// The lease was taken back; what is still computed goes nowhere.
  var isCancelled = false

  init(_ lease: Lease) {
    self.lease = lease
    push = GradientPush(credit: Int(lease.credit))
  }
}

/// What a worker is doing.
enum WorkerState: Sendable {
  /// Greets once in a while. Exits: `.preparing` on the first welcome, `.syncing` on a later one;
  /// `.ended` when refused or when `coordinatorTimeout` has passed.
  case greeting(since: Instant)
  /// Exits: `.syncing` when prepared, also when cut off meanwhile; `.ended` when that fails.
  case preparing
  /// Fetches chunks. Exits: `.idle` when it holds the published step; `.greeting` when cut off;
  /// `.ended` when a chunk cannot be taken twice.
  case syncing
  /// Exits: `.computing` on a lease; `.syncing` when a step is published; `.greeting` when cut off.
  case idle
  /// Exits: `.idle` or `.syncing` when the work is done or cancelled, or its shard cannot be read;
  /// `.ended` when that was the last shard, or the machine is short of something; when cut off,
  /// `.abandoning` while the computation runs, else `.greeting`.
  case computing(Computation)
  /// Cut off while computing. Exits: `.greeting` when the computation has stopped.
  case abandoning(Lease, since: Instant)
  /// No exits.
  case ended
}

/// A run that has welcomed this worker. It outlives every connection to its coordinator.
struct JoinedRun: Sendable {
  let identity: String
  private(set) var heartbeatInterval: Duration
  var replica: ReplicaSync

  init(_ welcome: Welcome, valuesPerChunk: Int) {
    identity = welcome.runIdentity
    heartbeatInterval = welcome.heartbeatInterval
    let grid = ChunkGrid(
      valueCount: Int(welcome.parameterCount), valuesPerChunk: valuesPerChunk)
    replica = ReplicaSync(
      chunkCount: grid.chunkCount, window: Int(welcome.window), target: welcome.step,
      targetDigest: welcome.digest)
  }

  /// Its coordinator is back.
  mutating func rejoin(_ welcome: Welcome) {
    heartbeatInterval = welcome.heartbeatInterval
    replica.window = Int(welcome.window)
    replica.forgetRequests()
    replica.publish(welcome.step, welcome.digest)
  }
}

/// Work that came to its end, and what it gave.
struct FinishedWork: Sendable {
  let lease: Lease
  let report: WorkReport
  /// In which it was reported, if it was.
  let session: UInt32
}
