// The work of one step: its microbatches and, now and then, an evaluation on the same replica.

import Basics
import Wire

/// One thing to compute on the current replica.
enum WorkItem: Hashable, Comparable, Sendable {
  case train(Int)
  case evaluate(Int)

  static func < (a: WorkItem, b: WorkItem) -> Bool {
    switch (a, b) {
    case (.train(let i), .train(let j)), (.evaluate(let i), .evaluate(let j)): i < j
    case (.train, .evaluate): true
    case (.evaluate, .train): false
    }
  }
}

/// A lease that is out.
struct OpenLease: Sendable {
  let id: LeaseID
  let item: WorkItem
  let worker: WorkerID
  let started: Instant
  let deadline: Instant
  /// Whether all of the gradient was there when the lease was given.
  let isReportAlone: Bool
  /// Chunks that its worker has still to send: those that were not there.
  var chunksToCome: Int
  /// Of these, how many it may send now.
  var credit = 0

  init(
    id: LeaseID, item: WorkItem, worker: WorkerID, started: Instant, deadline: Instant,
    chunksToCome: Int
  ) {
    self.id = id
    self.item = item
    self.worker = worker
    self.started = started
    self.deadline = deadline
    self.chunksToCome = chunksToCome
    isReportAlone = if case .train = item { chunksToCome == 0 } else { false }
  }
}

/// What the current step still needs, and who is at it.
struct StepWork: Sendable {
  let step: Step
  let started: Instant
  let bounds: MaskRatioBounds
  /// In the order in which they are leased.
  let items: [WorkItem]
  /// The shard that a worker must hold, for each item.
  private let shards: [WorkItem: ShardID]
  var ledger: ReductionLedger
  var reports: [WorkItem: WorkReport] = [:]
  /// Whose report of an item it is.
  var reporters: [WorkItem: WorkerID] = [:]
  /// Those who supplied parts of each microbatch, and their names.
  var contributors: [Int: [WorkerID: String]] = [:]
  /// What was said of items that came out not finite, oldest first.
  var notFinite: [WorkItem: [NotFiniteResult]] = [:]
  /// Whether the step goes on without a gradient, to be skipped: one microbatch's is not finite.
  private(set) var isGradientGivenUp = false
  var leases: [LeaseID: OpenLease] = [:]

  /// - Parameter isEvaluated: whether the evaluation of this step was made before.
  init(
    settings: CoordinatorSettings, position: RunPosition, isEvaluated: Bool = false, now: Instant
  ) {
    let (step, lost) = (position.step, Set(position.lostShards))
    self.step = step
    started = now
    bounds = settings.maskRatio.bounds(at: step)
    let isLast = step >= settings.steps
    let training = isLast ? [] : settings.plan.shards(of: step, without: lost)
    let interval = settings.evaluationInterval
    let isDue = isLast || (interval > 0 && step.index % interval == 0)
    let evaluation = isDue && !isEvaluated ? settings.evaluationPlan?.shards(of: Step(0)) ?? [] : []
    var shards: [WorkItem: ShardID] = [:]
    for (m, shard) in training.enumerated() { shards[.train(m)] = shard }
    for (e, shard) in evaluation.enumerated() where !lost.contains(shard) {
      shards[.evaluate(e)] = shard
    }
    self.shards = shards
    items = shards.keys.sorted()
    ledger = ReductionLedger(
      chunkCount: settings.chunkCount,
      microbatches: training.count)
  }

  /// The shard that a worker must hold to do the item.
  func shard(of item: WorkItem) -> ShardID { shards[item]! }

  func isDone(_ item: WorkItem) -> Bool {
    if case .train = item, isGradientGivenUp { return true }
    return reports[item] != nil
  }

  var isComplete: Bool { items.allSatisfy(isDone) && (isGradientGivenUp || ledger.isComplete) }

  /// Nothing more is wanted of the microbatches.
  mutating func giveUpGradient() { isGradientGivenUp = true }

  /// The shards of what is still to be done, in order.
  var shardsNeeded: [ShardID] { Set(items.filter { !isDone($0) }.map(shard)).sorted() }

  func openLeases(of item: WorkItem) -> [OpenLease] {
    leases.values.filter { $0.item == item }.sorted { $0.id < $1.id }
  }

  /// What the training microbatches add up to. Of a gradient that was given up, which of them were computed is a
  /// matter of time: only their number is known.
  func trainingSums(pairsPerMicrobatch: Int) -> LossSums {
    if !isGradientGivenUp { return trainingReports.sums }
    let pairs = ledger.microbatches * pairsPerMicrobatch
    return LossSums(
      weighted: .nan, plain: .nan, hidden: 1, pairs: pairs, intersectionOverUnion: .nan,
      maskRatio: .nan)
  }

  /// The reports of the training microbatches, in order.
  private var trainingReports: [WorkReport] {
    items.compactMap { if case .train = $0 { reports[$0] } else { nil } }
  }

  /// The reports of the evaluation, in order; none at a step without one.
  var evaluationReports: [WorkReport] {
    items.compactMap { if case .evaluate = $0 { reports[$0] } else { nil } }
  }
}

extension [WorkReport] {
  /// Added in their order.
  var sums: LossSums { reduce(into: LossSums()) { $0 += $1.sums } }
}

extension WorkReport {
  /// Whether all that is measured is finite.
  var isFinite: Bool {
    [
      sums.weighted, sums.plain, sums.intersectionOverUnion, sums.maskRatio,
      baselines.patchMeanWeighted, baselines.patchMeanPlain, baselines.copyWeighted,
      baselines.copyPlain,
    ].allSatisfy(\.isFinite)
  }
}
