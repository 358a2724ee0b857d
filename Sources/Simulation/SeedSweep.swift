// Many simulated runs, one per seed, on all cores. A seed's outcome does not depend on the others.

import Basics
import Compression
import Synchronization

/// What became of a seed that broke a promise.
package struct FailedSeed: Sendable, CustomStringConvertible {
  package let seed: UInt64
  package let reason: String

  package var description: String { "seed \(seed): \(reason)" }
}

/// How far a sweep is.
package struct SweepProgress: Sendable {
  package fileprivate(set) var runs = 0
  package fileprivate(set) var events = 0
  package fileprivate(set) var faults = 0
  /// As they fail, and in the order of the seeds at the end.
  package fileprivate(set) var failed: [FailedSeed] = []
}

package struct SeedSweep: Sendable {
  private let seeds: Range<UInt64>
  private let threads: Int
  private let planted: PlantedFault?
  private let codec: CodecKind
  private let reference: ReferenceOutcome

  /// Seeds that may fail before the rest is not run.
  package static let failureLimit = 20

  /// Runs the reference run that all others must equal.
  /// - Parameter codec: of gradients and of deltas.
  /// - Throws: why even that one fails.
  package init(
    seeds: Range<UInt64>, threads: Int, planted: PlantedFault? = nil,
    codec: CodecKind = .bfloat16
  ) throws {
    precondition(threads > 0)
    self.seeds = seeds
    self.threads = threads
    self.planted = planted
    self.codec = codec
    let run = SimulatedRun(seed: 0, plan: .none, model: SmallModel(codec: codec), reference: nil)
    try run.run()
    reference = run.invariants.seen
  }

  /// Runs every seed, or until `failureLimit` have failed, on fewer threads where the system gives
  /// no more.
  /// - Parameter report: called now and then and for each seed that fails, from any thread, one at
  ///   a time.
  package func run(report: @escaping @Sendable (SweepProgress) -> Void) -> SweepProgress {
    let progress = Mutex(SweepProgress())
    let next = Atomic<UInt64>(seeds.lowerBound)
    let work: @Sendable () -> Void = {
      let model = SmallModel(codec: codec)
      while true {
        let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
        let isEnough = progress.withLock { $0.failed.count >= Self.failureLimit }
        if seed >= seeds.upperBound || isEnough { break }
        let outcome = outcome(of: seed, model)
        progress.withLock {
          $0.add(outcome)
          if $0.runs % 64 == 0 || outcome.failure != nil { report($0) }
        }
      }
    }
    let helpers = (1..<threads).compactMap { _ in try? SystemThread("seeds", work) }
    work()
    for helper in helpers { helper.join() }
    return progress.withLock {
      $0.failed.sort { $0.seed < $1.seed }
      return $0
    }
  }

  /// Tells everything that happens in one seed's run.
  /// - Returns: why it fails; nil when it does not.
  package func trace(_ seed: UInt64, _ say: @escaping (String) -> Void) -> FailedSeed? {
    outcome(of: seed, SmallModel(codec: codec), trace: say).failure
  }

  fileprivate struct Outcome {
    var failure: FailedSeed?
    let events: Int
    let faults: Int
  }

  private func outcome(
    of seed: UInt64, _ model: SmallModel, trace: ((String) -> Void)? = nil
  ) -> Outcome {
    let plan = FaultPlan(seed: seed, chunkBytes: SmallModel.chunkBytes(codec))
    let run = SimulatedRun(
      seed: seed, plan: plan, model: model, reference: reference, planted: planted, trace: trace)
    var failure: FailedSeed?
    do {
      try run.run()
    } catch {
      failure = FailedSeed(seed: seed, reason: "\(error)")
    }
    return Outcome(failure: failure, events: run.events, faults: run.faults)
  }
}

extension SweepProgress {
  fileprivate mutating func add(_ outcome: SeedSweep.Outcome) {
    runs += 1
    events += outcome.events
    faults += outcome.faults
    if let failure = outcome.failure { failed.append(failure) }
  }
}
