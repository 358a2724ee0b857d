// Who takes part, and what is remembered of those who do not any more. Bookkeeping only: who may
// join and what follows when somebody leaves is decided elsewhere.

import Basics
import Wire

/// A worker that was welcomed.
struct Member: Sendable {
  enum State: Hashable, Sendable {
    /// Fetching the replica. Exits: `.idle` when it holds the current step's.
    case catchingUp
    /// Holds the current replica. Exits: `.working` with a lease; `.catchingUp` when a step is
    /// published.
    case idle
    /// Exits: `.idle` when the lease is done or returned; `.catchingUp` when a step is published.
    case working(LeaseID)
  }

  let name: String
  let nonce: UInt64
  let threads: Int
  /// Without those that it found unreadable.
  var shards: Set<ShardID>
  var state: State
  var session: Session
  /// Whether a committed step holds a microbatch or an evaluation that this process reported, over
  /// this connection or the one before it.
  var isProven: Bool
  /// Requests that came while a step was on its way to the disk: they are answered when it may be
  /// told.
  var deferred: [ChunkRequest] = []
  var lastHeard: Instant
  /// The most that its process has had, by its own report.
  var peakMemoryBytes: Int?
}

/// Why a worker cannot take part. It is told the reason, in which nothing of the run is but what it
/// said itself: a stranger must not learn from it how to join. The log has the rest.
struct Refusal: Sendable {
  let kind: RefusalKind
  let reason: String
  var detail: String?
}

struct Roster: Sendable {
  private(set) var members: [WorkerID: Member] = [:]
  /// Why processes were refused for good, by their nonce.
  private var refusals: [UInt64: Refusal] = [:]
  /// Who had a shard last, of those who are gone or could not read it.
  private var lastHolders: [ShardID: String] = [:]

  /// Processes whose refusal is remembered.
  static let refusalMemory = 4096

  subscript(worker: WorkerID) -> Member? { members[worker] }

  var count: Int { members.count }

  /// In the order of their coming.
  var workers: [WorkerID] { members.keys.sorted() }

  /// The most that any member's process has had; nil until one has told.
  var peakMemoryBytes: Int? { members.values.compactMap(\.peakMemoryBytes).max() }

  /// Those that can be given a lease, in the order of their coming.
  var idle: [WorkerID] {
    var idle: [WorkerID] = []
    for (worker, member) in members where member.state == .idle { idle.append(worker) }
    return idle.sorted()
  }

  /// The name of a member, or a number for who is none any more.
  func name(of worker: WorkerID) -> String { members[worker]?.name ?? "worker \(worker)" }

  /// The process behind a member.
  func computer(_ worker: WorkerID) -> Computer? {
    members[worker].map { Computer(name: $0.name, nonce: $0.nonce) }
  }

  func refusal(of nonce: UInt64) -> Refusal? { refusals[nonce] }

  func lastHolder(of shard: ShardID) -> String? { lastHolders[shard] }

  func isHeld(_ shard: ShardID) -> Bool {
    members.values.contains { $0.shards.contains(shard) }
  }

  /// Greets a worker as a member; one that it was before is forgotten.
  mutating func admit(_ member: Member, as worker: WorkerID) { members[worker] = member }

  /// - Returns: the member that it was; nil when it was none.
  @discardableResult
  mutating func remove(_ worker: WorkerID) -> Member? {
    guard let member = members.removeValue(forKey: worker) else { return nil }
    for shard in member.shards { lastHolders[shard] = member.name }
    return member
  }

  /// Keeps a process out for good, as far as the memory reaches.
  mutating func bar(_ nonce: UInt64, because refusal: Refusal) {
    if refusals.count < Self.refusalMemory { refusals[nonce] = refusal }
  }

  /// Changes a member in its place.
  /// - Returns: what the change gives; nil when the worker is not a member.
  @discardableResult
  mutating func update<Result>(
    _ worker: WorkerID, _ change: (inout Member) -> Result
  ) -> Result? {
    guard let place = members.index(forKey: worker) else { return nil }
    return change(&members.values[place])
  }

  mutating func updateAll(_ change: (inout Member) -> Void) {
    var place = members.values.startIndex
    while place != members.values.endIndex {
      change(&members.values[place])
      members.values.formIndex(after: &place)
    }
  }

  /// A member cannot read one of its shards.
  mutating func giveUp(_ shard: ShardID, by worker: WorkerID) {
    update(worker) { $0.shards.remove(shard) }
    lastHolders[shard] = name(of: worker)
  }
}
