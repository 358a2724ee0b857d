// The work of one step: its microbatches and, now and then, an evaluation on the same replica. Not
// here: the sum of the gradients (GradientReducer) and the leases (LeaseBook).

import Basics
import Wire

/// One thing to compute on the current replica.
enum WorkItem: Hashable, Comparable, Sendable {
  case train(Int)
  case evaluate(Int)
  /// A microbatch of training that is computed again, beside the sum. Its worker is not told.
  case recheck(Int)

  static func < (a: WorkItem, b: WorkItem) -> Bool { a.place < b.place }

  /// Whether a gradient comes of it.
  var hasGradient: Bool {
    switch self {
    case .train, .recheck: true
    case .evaluate: false
    }
  }

  private var place: (Int, Int) {
    switch self {
    case .train(let microbatch): (0, microbatch)
    case .evaluate(let microbatch): (1, microbatch)
    case .recheck(let microbatch): (2, microbatch)
    }
  }
}

/// What the current step still needs, and what came of the rest.
struct StepWork: Sendable {
  let step: Step
  /// When this step began: with the end of the one before, or, where this process made none before
  /// it, with its first lease, as waiting for workers is no work. Nil until then.
  private(set) var began: Instant?
  /// When the evaluation's first lease was given, and when its newest report came.
  private var evaluationBegan: Instant?
  private var evaluationReported: Instant?
  let bounds: MaskRatioBounds
  /// Of training; none after the last step.
  let microbatches: Int
  /// All of it, in the order in which it is leased.
  let items: [WorkItem]
  /// What is still to be done, in that order.
  private(set) var remaining: [WorkItem]
  /// Whether this step's evaluation is recorded.
  private(set) var isEvaluated: Bool
  /// Whether the step goes on without a gradient, to be skipped: one microbatch's is not finite.
  private(set) var isGradientGivenUp = false
  /// The microbatch that is computed again.
  private(set) var recheck: Int?
  /// What was said of items that came out not finite, oldest first.
  private(set) var notFinite: [WorkItem: [NotFiniteResult]] = [:]
  private var reports: [WorkItem: WorkReport] = [:]
  /// Whose report of an item it is.
  private var reporters: [WorkItem: WorkerID] = [:]
  /// The shard that a worker must hold, for each item.
  private let shards: [WorkItem: ShardID]

  /// - Parameters:
  ///   - isEvaluated: whether the evaluation of this step was made before.
  ///   - began: when the step before it was made; nil where this process made none.
  init(settings: CoordinatorSettings, position: RunPosition, isEvaluated: Bool, began: Instant?) {
    let (step, lost) = (position.step, Set(position.lostShards))
    self.step = step
    self.began = began
    self.isEvaluated = isEvaluated
    bounds = settings.maskRatio.bounds(at: step)
    let training = step >= settings.steps ? [] : settings.plan.shards(of: step, without: lost)
    let isDue = settings.evaluationSchedule.isDue(at: step)
    let evaluation = isDue && !isEvaluated ? settings.evaluationPlan?.shards(of: Step(0)) ?? [] : []
    var shards: [WorkItem: ShardID] = [:]
    for (m, shard) in training.enumerated() { shards[.train(m)] = shard }
    for (e, shard) in evaluation.enumerated() where !lost.contains(shard) {
      shards[.evaluate(e)] = shard
    }
    self.shards = shards
    microbatches = training.count
    items = shards.keys.sorted()
    remaining = items
  }

  /// The shard that a worker must hold to do the item; nil when it is not part of this step.
  func shard(of item: WorkItem) -> ShardID? {
    if case .recheck(let microbatch) = item { return shards[.train(microbatch)] }
    return shards[item]
  }

  func isDone(_ item: WorkItem) -> Bool {
    switch item {
    case .train: isGradientGivenUp || reports[item] != nil
    case .evaluate: reports[item] != nil
    case .recheck(let microbatch): recheck != microbatch
    }
  }

  /// The shards of what is still to be done, in order.
  var shardsNeeded: [ShardID] { Set(remaining.compactMap(shard)).sorted() }

  /// Those whose reports count, without those whose work nobody needed.
  var reportingWorkers: Set<WorkerID> { Set(reporters.values) }

  // MARK: - What comes of it

  /// An item is leased.
  mutating func begin(_ item: WorkItem, at now: Instant) {
    began = began ?? now
    if case .evaluate = item, evaluationBegan == nil { evaluationBegan = now }
  }

  mutating func note(
    _ report: WorkReport, of item: WorkItem, by worker: WorkerID, at now: Instant
  ) {
    reports[item] = report
    reporters[item] = worker
    if case .evaluate = item { evaluationReported = now }
    updateRemaining()
  }

  /// A report counts no more.
  mutating func forgetReport(of item: WorkItem) {
    reports[item] = nil
    reporters[item] = nil
    updateRemaining()
  }

  mutating func note(_ result: NotFiniteResult, of item: WorkItem) {
    notFinite[item, default: []].append(result)
  }

  /// An item came out sound after all.
  /// - Returns: who said otherwise.
  mutating func settle(_ item: WorkItem) -> [NotFiniteResult] {
    notFinite.removeValue(forKey: item) ?? []
  }

  /// A microbatch is to be computed again, or none any more.
  mutating func recheck(_ microbatch: Int?) {
    recheck = microbatch
    updateRemaining()
  }

  /// Nothing more is wanted of the microbatches.
  mutating func giveUpGradient() {
    isGradientGivenUp = true
    recheck = nil
    updateRemaining()
  }

  mutating func noteEvaluationRecorded() { isEvaluated = true }

  private mutating func updateRemaining() {
    remaining = items.filter { !isDone($0) } + (recheck.map { [.recheck($0)] } ?? [])
  }

  // MARK: - What it adds up to

  /// From the evaluation's first lease to its last report; what else was computed meanwhile is in
  /// it.
  var evaluationWallSeconds: Double {
    guard let evaluationBegan, let evaluationReported else { return 0 }
    return (evaluationReported - evaluationBegan).seconds
  }

  /// What the training microbatches add up to. Of a gradient that was given up, which of them were
  /// computed is a matter of time: only their number is known.
  func trainingSums(pairsPerMicrobatch: Int, measures: Int) -> LossSums {
    if !isGradientGivenUp { return trainingReports.sums }
    let pairs = microbatches * pairsPerMicrobatch
    return LossSums(
      weighted: .nan, hidden: 1, pairs: pairs,
      measures: [Double](repeating: .nan, count: measures))
  }

  /// Where the time of the training microbatches went.
  var trainingSeconds: WorkReport.PhaseSeconds {
    trainingReports.reduce(into: WorkReport.PhaseSeconds()) { $0 += $1.phases }
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
  var isFinite: Bool { sums.isFinite }
}
