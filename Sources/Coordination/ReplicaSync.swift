// Which chunks of the replica a worker holds, at which step, and which it has asked for. Each chunk
// has a step of its own: a delta takes one chunk on by one step, a full value puts it at any step,
// so that a worker can join, fall behind and catch up while the others go on.

import Basics
import Wire

struct ReplicaSync: Sendable {
  /// Requests that may be under way.
  var window: Int
  private(set) var target: Step
  private(set) var targetDigest: Digest
  private var steps: [Step?]
  private var digests: [Digest?]
  private var asked: [ChunkIndex: Instant] = [:]
  /// Chunks that came and could not be taken, and have not come sound since.
  private var refusedOnce: Set<ChunkIndex> = []
  /// Whether the last complete replica differed from what the coordinator published.
  private(set) var hasDiffered = false

  /// Before a request is repeated: longer than a window of chunks takes over a slow line.
  static let patience: Duration = .seconds(60)

  init(chunkCount: Int, window: Int, target: Step, targetDigest: Digest) {
    self.window = window
    self.target = target
    self.targetDigest = targetDigest
    steps = Array(repeating: nil, count: chunkCount)
    digests = Array(repeating: nil, count: chunkCount)
  }

  var chunkCount: Int { steps.count }

  /// The step that every chunk is at; nil when they differ.
  var heldStep: Step? {
    guard let first = steps[0], steps.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  var heldDigest: Digest? { heldStep == nil ? nil : Digest(of: digests.compactMap { $0 }) }

  enum Completeness: Equatable { case incomplete, equal, different }

  /// Whether all chunks are at the target, and there with the digest that was published.
  var completeness: Completeness {
    guard heldStep == target else { return .incomplete }
    return heldDigest == targetDigest ? .equal : .different
  }

  /// The whole replica is what was published.
  mutating func settle() { hasDiffered = false }

  mutating func publish(_ step: Step, _ digest: Digest) {
    target = step
    targetDigest = digest
    // A coordinator that came back at an earlier step, its disk damaged: what is ahead of it is
    // worth nothing.
    for chunk in steps.indices where steps[chunk].map({ $0 > step }) ?? false { steps[chunk] = nil }
  }

  /// Requests that may go out now.
  mutating func nextRequests(at now: Instant) -> [ChunkRequest] {
    for (chunk, time) in asked where now - time > Self.patience { asked[chunk] = nil }
    var requests: [ChunkRequest] = []
    for chunk in steps.indices where asked.count < window {
      let index = ChunkIndex(index: chunk)
      guard steps[chunk] != target, asked[index] == nil else { continue }
      asked[index] = now
      requests.append(ChunkRequest(chunk: index, have: steps[chunk]))
    }
    return requests
  }

  /// Whether a chunk that came takes this replica forward.
  func isUseful(_ chunk: ChunkIndex, from: Step?, to: Step) -> Bool {
    guard chunk.index < steps.count, steps[chunk.index] != to else { return false }
    return from == nil || from == steps[chunk.index]
  }

  mutating func applied(_ chunk: ChunkIndex, _ step: Step, _ digest: Digest) {
    steps[chunk.index] = step
    digests[chunk.index] = digest
    asked[chunk] = nil
    refusedOnce.remove(chunk)
  }

  enum Refusal: Equatable {
    /// The chunk is to be asked for anew. `isFirst`: no other one is in that state.
    case askAgain(isFirst: Bool)
    /// It has been asked for anew already.
    case repeated
  }

  /// A chunk came that cannot be taken. What is held of it is worth nothing now: all of it is
  /// fetched.
  mutating func refuse(_ chunk: ChunkIndex) -> Refusal {
    let isFirst = refusedOnce.isEmpty
    guard refusedOnce.insert(chunk).inserted else { return .repeated }
    steps[chunk.index] = nil
    asked[chunk] = nil
    return .askAgain(isFirst: isFirst)
  }

  /// Requests under way will not be answered.
  mutating func forgetRequests() { asked = [:] }

  /// The replica is not what was published: fetch all of it.
  mutating func startOver() {
    hasDiffered = true
    steps = Array(repeating: nil, count: chunkCount)
    asked = [:]
  }
}
