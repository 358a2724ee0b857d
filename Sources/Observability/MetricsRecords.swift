// What a run measures, one record per line of `metrics.jsonl`.

import Basics

/// Something that a run measures. In a line of the metrics `kind` and `step` come first, then
/// `time`, then the rest; see `MetricsEntry`.
package protocol MetricsRecord: Sendable {
  static var kind: String { get }
  /// How many updates had been made; after a resume from an earlier step the line is cut.
  var step: Step { get }
  /// Every other value, with its key, in the order of the file.
  var values: [(key: String, value: MetricsValue)] { get }
  /// The keys of those values that belong to one course of a run; equal runs share all others, and
  /// the chain is of these. Nil where nothing is shared.
  static var circumstances: Set<String>? { get }
}

/// A value of a record.
package enum MetricsValue: Equatable, Sendable {
  /// What is not finite is written as null.
  case number(Double)
  case count(Int)
  case text(String)
}

/// One update. Means are over the step's pairs.
package struct StepRecord: MetricsRecord, Equatable {
  package static let kind = "step"

  package var step: Step
  /// The loss that is minimised.
  package var weightedLoss: Double
  /// What the objective measures beside it.
  package var means: [MeasuredMean]
  package var learningRate: Double
  /// Euclidean norm of the mean gradient of all parameters, before it is clipped.
  package var gradientNorm: Double
  package var pairs: Int
  /// Wall time from the step before to this one.
  package var seconds: Double
  package var workers: Int
  /// Bytes of all messages that the coordinator took, almost all of gradients.
  package var bytesIn: Int
  /// Bytes of all messages that left it, almost all of parameters.
  package var bytesOut: Int
  /// Where its time went.
  package var phases: StepPhases
  /// What else was noted of its course.
  package var course: StepCourse
  /// Whether the step changed no parameter, because of its gradient.
  package var isSkipped: Bool
  /// Of the replica after the step.
  package var digest: Digest
  /// Of what this record shares with equal runs and of the chain before it; see `SharedNumbers`.
  package var chain: Digest

  package init(
    step: Step, weightedLoss: Double, means: [MeasuredMean], learningRate: Double,
    gradientNorm: Double, pairs: Int, seconds: Double, workers: Int, bytesIn: Int, bytesOut: Int,
    phases: StepPhases = StepPhases(), course: StepCourse = StepCourse(), isSkipped: Bool = false,
    digest: Digest, chain: Digest
  ) {
    self.step = step
    self.weightedLoss = weightedLoss
    self.means = means
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.pairs = pairs
    self.seconds = seconds
    self.workers = workers
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
    self.phases = phases
    self.course = course
    self.isSkipped = isSkipped
    self.digest = digest
    self.chain = chain
  }

  package var pairsPerSecond: Double { Double(pairs) / seconds }

  package static let circumstances: Set<String>? = [
    "seconds", "pairsPerSecond", "workers", "bytesIn", "bytesOut", "dataSeconds", "computeSeconds",
    "encodeSeconds", "networkSeconds", "reduceSeconds", "updateSeconds", "commitSeconds", "chain",
    "gigaflops", "peakMemoryBytes", "workerPeakMemoryBytes", "remainingSeconds",
  ]

  package var values: [(key: String, value: MetricsValue)] {
    MeasuredMean.values(
      weightedLoss, means,
      then: [
        ("learningRate", .number(learningRate)), ("gradientNorm", .number(gradientNorm)),
        ("pairs", .count(pairs)), ("seconds", .number(seconds)),
        ("pairsPerSecond", .number(pairsPerSecond)), ("workers", .count(workers)),
        ("bytesIn", .count(bytesIn)), ("bytesOut", .count(bytesOut)),
      ] + phases.values + course.values(seconds: seconds) + [
        ("skipped", .count(isSkipped ? 1 : 0)), ("digest", .text(digest.description)),
        ("chain", .text(chain.description)),
      ])
  }
}

/// Seconds of one step by what they were spent on. The first four are of workers, added over the
/// microbatches that counted; the others of the coordinator.
package struct StepPhases: Hashable, Sendable {
  /// Reading and preparing pairs.
  package var data = 0.0
  /// Forward and backward, without encoding.
  package var compute = 0.0
  /// Encoding gradients.
  package var encode = 0.0
  /// From the end of computing until the last chunk had left.
  package var network = 0.0
  /// Decoding gradients and adding them up, on all threads.
  package var reduce = 0.0
  /// The optimizer's update and the delta's encoding.
  package var update = 0.0
  /// From the order to make the step before durable to the disk's word.
  package var commit = 0.0

  package init() {}

  /// As a record has them, to the microsecond.
  var values: [(key: String, value: MetricsValue)] {
    [
      ("dataSeconds", data), ("computeSeconds", compute), ("encodeSeconds", encode),
      ("networkSeconds", network), ("reduceSeconds", reduce), ("updateSeconds", update),
      ("commitSeconds", commit),
    ].map { ($0, .number(($1 * 1e6).rounded() / 1e6)) }
  }
}

/// What is noted of one course of a step beside its phases; what is not known is left out.
package struct StepCourse: Hashable, Sendable {
  /// Floating-point operations of its products.
  package var operations: Double?
  /// Most memory that the coordinator's process has had so far.
  package var peakMemoryBytes: Int?
  /// Most memory that the process of any worker there has had so far, by its own report.
  package var workerPeakMemoryBytes: Int?
  /// Until the run is done, at the pace of the last steps.
  package var remainingSeconds: Double?

  package init(
    operations: Double? = nil, peakMemoryBytes: Int? = nil, workerPeakMemoryBytes: Int? = nil,
    remainingSeconds: Double? = nil
  ) {
    self.operations = operations
    self.peakMemoryBytes = peakMemoryBytes
    self.workerPeakMemoryBytes = workerPeakMemoryBytes
    self.remainingSeconds = remainingSeconds
  }

  /// As a record has them: operations as thousand millions a second of the step.
  func values(seconds: Double) -> [(key: String, value: MetricsValue)] {
    let rate = operations.map { $0 / seconds / 1e9 }
    return [
      ("gigaflops", rate.map { .number(($0 * 1000).rounded() / 1000) }),
      ("peakMemoryBytes", peakMemoryBytes.map { .count($0) }),
      ("workerPeakMemoryBytes", workerPeakMemoryBytes.map { .count($0) }),
      ("remainingSeconds", remainingSeconds.map { .number(($0 * 1000).rounded() / 1000) }),
    ].compactMap { key, value in value.map { (key, $0) } }
  }
}

/// How the model does on held-out pairs.
package struct EvaluationRecord: MetricsRecord, Equatable {
  package static let kind = "evaluation"

  package var step: Step
  package var weightedLoss: Double
  /// What the objective measures beside it: for example the losses of predictors that learn
  /// nothing.
  package var means: [MeasuredMean]
  package var pairs: Int
  /// Work of all workers.
  package var seconds: Double
  /// From its first lease to its last report; nil where that is not known.
  package var wallSeconds: Double?
  /// Of what this record shares with equal runs and of the chain before it, which is that of its
  /// step.
  package var chain: Digest

  package init(
    step: Step, weightedLoss: Double, means: [MeasuredMean], pairs: Int, seconds: Double,
    wallSeconds: Double? = nil, chain: Digest
  ) {
    self.step = step
    self.weightedLoss = weightedLoss
    self.means = means
    self.pairs = pairs
    self.seconds = seconds
    self.wallSeconds = wallSeconds
    self.chain = chain
  }

  package static let circumstances: Set<String>? = ["seconds", "wallSeconds", "chain"]

  package var values: [(key: String, value: MetricsValue)] {
    MeasuredMean.values(
      weightedLoss, means,
      then: [
        ("pairs", .count(pairs)), ("seconds", .number(seconds)),
      ] + (wallSeconds.map { [("wallSeconds", .number($0))] } ?? []) + [
        ("chain", .text(chain.description))
      ])
  }
}

extension MeasuredMean {
  /// A loss, what was measured beside it, and whatever follows, in this order.
  fileprivate static func values(
    _ loss: Double, _ means: [MeasuredMean], then rest: [(key: String, value: MetricsValue)]
  ) -> [(key: String, value: MetricsValue)] {
    var values = [(key: "weightedLoss", value: MetricsValue.number(loss))]
    for mean in means { values.append((mean.measure.name, .number(mean.value))) }
    return values + rest
  }
}

/// Something that happened: a worker joined, left or was refused.
package struct EventRecord: MetricsRecord, Equatable {
  package static let kind = "event"

  package var step: Step
  /// The words of this release.
  package static let events = [
    "joined", "left", "refused", "slow", "rechecked", "shardUnreadable", "shardLost", "resumed",
    "mended",
  ]

  /// What happened, in a fixed word: one of `events`.
  package var event: String
  package var worker: String?
  /// Free text: why, or where.
  package var detail: String?

  package static let circumstances: Set<String>? = nil

  package init(step: Step, event: String, worker: String? = nil, detail: String? = nil) {
    self.step = step
    self.event = event
    self.worker = worker
    self.detail = detail
  }

  package var values: [(key: String, value: MetricsValue)] {
    var values: [(key: String, value: MetricsValue)] = [("event", .text(event))]
    if let worker { values.append(("worker", .text(worker))) }
    if let detail { values.append(("detail", .text(detail))) }
    return values
  }
}
