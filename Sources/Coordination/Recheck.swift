// A microbatch that is computed again because its gradient's norm stands out: what came of each
// computation, and which is believed. Results are bitwise equal whoever computed them, so unequal
// ones mean that somebody computed wrongly.

import Basics
import Wire

struct Recheck: Sendable {
  /// A computation that is under way.
  private struct Work {
    let computer: Computer
    /// Of this lease alone: nothing is added, and so nothing can be early.
    var reducer: GradientReducer
    var result: MicrobatchResult
    var isReported = false
  }

  enum Verdict: Equatable {
    /// Another computation is needed.
    case open
    /// The result at this place is right; what is otherwise is wrong.
    case believed(Int)
    /// So many computations have not told which is right.
    case disagreement
  }

  let microbatch: Int
  /// What the norm was compared with.
  let references: [Double]
  /// The one in the sum first.
  private(set) var results: [MicrobatchResult]
  /// When the newest result was there.
  private(set) var since: Instant
  private var underWay: [LeaseID: Work] = [:]

  /// Results before the machines are said to disagree.
  static let resultLimit = 4

  init(of microbatch: Int, _ result: MicrobatchResult, unlike references: [Double], at now: Instant)
  {
    self.microbatch = microbatch
    self.references = references
    results = [result]
    since = now
  }

  // MARK: - Work

  /// Whether a worker has reported and some of its chunks are still being measured.
  var awaitsMeasures: Bool { underWay.values.contains(where: \.isReported) }

  /// - Returns: the credit that the lease begins with.
  mutating func open(
    _ lease: LeaseID, to worker: WorkerID, _ computer: Computer, _ reducer: GradientReducer
  ) -> Int {
    var work = Work(
      computer: computer, reducer: reducer,
      result: MicrobatchResult(chunkCount: reducer.chunkCount))
    defer { underWay[lease] = work }
    return work.reducer.open(lease, of: 0, to: worker)
  }

  mutating func receive(
    _ chunk: ChunkIndex, _ payload: [UInt8], by lease: LeaseID, from worker: WorkerID
  ) -> GradientReducer.Reception {
    guard var work = underWay.removeValue(forKey: lease) else { return .withoutCredit }
    let reception = work.reducer.receive(chunk, payload, of: 0, by: lease, from: worker)
    if reception == .due { work.result.note(chunk, by: work.computer) }
    underWay[lease] = work
    return reception
  }

  /// Lets the leases send on.
  mutating func grantCredit() -> [GradientReducer.Grant] {
    underWay.keys.sorted().flatMap { underWay[$0]?.reducer.grantCredit() ?? [] }
  }

  /// Whether a chunk that came by a lease is being measured.
  func isMeasuring(_ chunk: ChunkIndex, by lease: LeaseID) -> Bool {
    underWay[lease]?.reducer.isAdding(chunk, by: lease) ?? false
  }

  mutating func didMeasure(
    _ chunk: ChunkIndex, _ measure: ChunkMeasure, by lease: LeaseID, at now: Instant
  ) {
    _ = underWay[lease]?.reducer.confirm(chunk)
    underWay[lease]?.result.note(measure, of: chunk)
    takeResult(of: lease, at: now)
  }

  /// A worker has come to the end of a lease.
  /// - Returns: whether all of its chunks came; else the lease leads to nothing.
  mutating func finish(_ lease: LeaseID, _ sums: LossSums, at now: Instant) -> Bool {
    guard let work = underWay[lease], work.reducer.hasAll(of: 0) else { return false }
    underWay[lease]?.isReported = true
    underWay[lease]?.result.note(sums, by: work.computer)
    takeResult(of: lease, at: now)
    return true
  }

  private mutating func takeResult(of lease: LeaseID, at now: Instant) {
    guard let work = underWay[lease], work.result.isComplete else { return }
    underWay[lease] = nil
    results.append(work.result)
    since = now
  }

  /// A lease is over. One that was reported goes on to its result.
  mutating func close(_ lease: LeaseID) {
    if underWay[lease]?.isReported == false { drop(lease) }
  }

  /// Nothing more can come of a lease.
  mutating func drop(_ lease: LeaseID) { underWay[lease] = nil }

  // MARK: - Whom to ask, and whom to believe

  /// How often a worker's owner, and it itself, has had a part in a result.
  func count(by computer: Computer) -> (owner: Int, process: Int) {
    (
      results.count { $0.computers.contains { $0.owner == computer.owner } },
      results.count { $0.computers.contains(computer) }
    )
  }

  /// Whoever has computed it least often: of other owners before others of the same one.
  func leastAsked(of able: [Computer]) -> Set<Computer> {
    let fewest = able.map { count(by: $0) }.min { $0 < $1 }
    return Set(able.filter { computer in fewest.map { $0 == count(by: computer) } ?? false })
  }

  /// Which result is right, given who else could be asked.
  ///
  /// Two results that are equal, of different owners, or of different processes where all have one
  /// owner: nobody's own computations bear each other out. Where nobody is left to ask: the only
  /// one there is; else the one whose norm does not stand out.
  func verdict(able: [Computer]) -> Verdict {
    let computers = results.reduce(into: Set(able)) { $0.formUnion($1.computers) }
    let isOneOwner = Set(computers.map(\.owner)).count == 1
    func witnesses(_ result: MicrobatchResult) -> Set<String> {
      Set(result.computers.map { isOneOwner ? "\($0.nonce)" : String($0.owner) })
    }
    for (place, result) in results.enumerated() {
      for earlier in results[..<place] where result.equals(earlier) {
        if witnesses(result).isDisjoint(with: witnesses(earlier)) { return .believed(place) }
      }
    }
    let isLast = results.count >= Self.resultLimit
    let isAnybodyLeft = able.contains {
      let count = count(by: $0)
      return isOneOwner ? count.process == 0 : count.owner == 0
    }
    if results.count == 1 || isAnybodyLeft && !isLast { return .open }
    let different = results.indices.filter { place in
      !results[..<place].contains { $0.equals(results[place]) }
    }
    if different.count == 1 { return .believed(0) }
    let ordinary = different.filter { !NormWatch.standsOut(results[$0].norm, from: references) }
    if ordinary.count == 1 { return .believed(ordinary[0]) }
    return isLast ? .disagreement : .open
  }
}
