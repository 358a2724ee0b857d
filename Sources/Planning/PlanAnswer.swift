// A plan as JSON for other programs: the numbers of the page, in seconds and bytes.

import Basics
import Coordination
import TrainingRun

/// What `terrane plan --json` prints.
package struct PlanAnswer: Encodable {
  let parameters: Int
  let steps: Int
  let microbatches: Int
  let workers: Int
  let threads: Int
  let link: String?
  let source: String
  let step: Double
  let stepLeast: Double
  let stepMost: Double
  let computing: Double
  let onLink: Double
  let processing: Double
  let waiting: Double
  let pairsPerSecond: Double
  let evaluations: Int
  let evaluation: Double
  let total: Double
  /// Nil where the dataset is not known.
  let passes: Double?
  let bytesIn: Double
  let bytesOut: Double
  let coordinatorMemory: Int
  let coordinatorLeastMemory: Int
  let workerMemory: Int
  let checkpointBytes: Int
  let checkpointsKept: Int
  let journalStepBytes: Int
  let journalBytes: Int
  let diskBytes: Int
  let diskBytesAtEnd: Int
  let limit: String
  let fewestWorkers: Int
  let scaling: [Row]
  let advice: [String]
  let unknown: [String]

  /// Of the table by workers.
  struct Row: Encodable {
    let workers: Int
    let step: Double
    let pairsPerSecond: Double
    let limit: String

    enum CodingKeys: String, CodingKey {
      case workers, limit
      case step = "step_s"
      case pairsPerSecond = "pairs_per_s"
    }
  }

  enum CodingKeys: String, CodingKey {
    case parameters, steps, microbatches, workers, threads, link, source, evaluations, passes
    case limit, scaling, advice, unknown
    case step = "step_s"
    case stepLeast = "step_least_s"
    case stepMost = "step_most_s"
    case computing = "computing_s"
    case onLink = "link_s"
    case processing = "coordinator_work_s"
    case waiting = "delay_s"
    case pairsPerSecond = "pairs_per_s"
    case evaluation = "evaluation_s"
    case total = "total_s"
    case bytesIn = "in_bytes_per_step"
    case bytesOut = "out_bytes_per_step"
    case coordinatorMemory = "coordinator_peak_bytes"
    case coordinatorLeastMemory = "coordinator_least_bytes"
    case workerMemory = "worker_peak_bytes"
    case checkpointBytes = "checkpoint_bytes"
    case checkpointsKept = "checkpoints_kept"
    case journalStepBytes = "journal_bytes_per_step"
    case journalBytes = "journal_bytes"
    case diskBytes = "disk_peak_bytes"
    case diskBytesAtEnd = "disk_end_bytes"
    case fewestWorkers = "fewest_workers_as_fast"
  }

  package init(_ plan: RunPlan, _ context: PlanContext) {
    let (run, cost, parts) = (plan.run, plan.cost, plan.cost.parts)
    parameters = run.parameters
    (steps, microbatches) = (run.steps, run.microbatches)
    (workers, threads) = (plan.workers, plan.machine.threads)
    link = plan.link?.description
    source = context.source
    step = cost.seconds
    (stepLeast, stepMost) = (cost.bounds.lowerBound, cost.bounds.upperBound)
    (computing, onLink) = (parts.computing, parts.link)
    (processing, waiting) = (parts.processing, parts.waiting)
    pairsPerSecond = plan.pairsPerSecond(workers: plan.workers)
    (evaluations, evaluation) = (run.evaluations, plan.evaluationSeconds)
    total = plan.secondsInAll
    passes = run.passes
    (bytesIn, bytesOut) = (cost.bytesUp, cost.bytesDown)
    coordinatorMemory = plan.coordinatorBytes
    coordinatorLeastMemory = MemoryNeeds.coordinatorBytes(
      parameters: run.parameters, keepsAverage: run.keepsAverage)
    workerMemory = plan.workerBytes
    let disk = DiskNeeds(of: run)
    (checkpointBytes, checkpointsKept) = (disk.checkpointBytes, disk.checkpointsKept)
    (journalStepBytes, journalBytes) = (disk.journalStepBytes, disk.journalBytes)
    (diskBytes, diskBytesAtEnd) = (disk.peakBytes, disk.bytesAtEnd)
    limit = plan.limit.rawValue
    fewestWorkers = plan.fewestWorkers(upTo: plan.workers)
    scaling = plan.tabled.map {
      Row(
        workers: $0, step: plan.cost(workers: $0).seconds,
        pairsPerSecond: plan.pairsPerSecond(workers: $0),
        limit: plan.limit(workers: $0).rawValue)
    }
    advice = plan.findings(memory: context.memoryBytes, disk: context.disk).map {
      $0.sentence(sample: run.sample)
    }
    unknown = context.unknown
  }

  package func text() throws -> String { try JSONText.encode(self, .line) }
}
