// What will be the limit of a run, and what would help: each finding with the numbers that it
// follows from. Not here: how it is said (PlanText).

import Compression
import Coordination

/// What most of a step is waited for.
package enum StepLimit: String, CaseIterable, Sendable {
  /// More workers make steps shorter.
  case computing
  /// Each worker has one microbatch, so that more workers have nothing to do.
  case microbatches
  case link
  /// The coordinator's.
  case processors
  /// The way of messages.
  case delay
}

/// Something that a person who plans the run should know. Seconds are those of a step.
package enum PlanFinding: Hashable, Sendable {
  /// More workers than microbatches in a step.
  case idleWorkers(workers: Int, microbatches: Int)
  /// So many are as fast, or faster.
  case asFastWith(workers: Int, seconds: Double, insteadOf: Int, otherSeconds: Double)
  /// More of them would be faster, up to so many.
  case fasterWith(workers: Int, seconds: Double, insteadOf: Double)
  case codec(CodecKind, seconds: Double, insteadOf: Double)
  /// Another run, with more pairs a step.
  case microbatches(Int, pairsPerSecond: Double, insteadOf: Double)
  case leaseTooShort(seconds: Double, longest: Double)
  /// Of one process, or of all on one machine.
  case memory(of: String, needed: Int, present: Int)
  case disk(path: String, needed: Int, free: Int)
}

extension RunPlan {
  package func limit(workers: Int) -> StepLimit {
    let parts = cost(workers: workers).parts
    let most = max(parts.computing, parts.link, parts.processing, parts.waiting)
    switch most {
    case parts.computing: return workers < run.microbatches ? .computing : .microbatches
    case parts.link: return .link
    case parts.processing: return .processors
    default: return .delay
    }
  }

  package var limit: StepLimit { limit(workers: workers) }

  /// What is worth a word: less than this is within what the formula errs by.
  private static let worthwhile = 1.1

  /// - Parameters:
  ///   - memory: of a machine; nil where it is not known.
  ///   - disk: where the run's folder is to be, and what is free there; nil where it is not known.
  package func findings(memory: Int?, disk: (path: String, free: Int)?) -> [PlanFinding] {
    var findings = obstacles(memory: memory, disk: disk)
    let seconds = cost.seconds
    if workers > run.microbatches {
      findings.append(.idleWorkers(workers: workers, microbatches: run.microbatches))
    }
    let fewest = fewestWorkers(upTo: workers)
    if fewest < workers {
      let shorter = cost(workers: fewest).seconds
      findings.append(
        .asFastWith(
          workers: fewest, seconds: shorter, insteadOf: workers, otherSeconds: seconds))
    }
    let best = fewestWorkers(upTo: run.microbatches)
    if best > workers {
      let shorter = cost(workers: best).seconds
      if shorter * Self.worthwhile < seconds {
        findings.append(.fasterWith(workers: best, seconds: shorter, insteadOf: seconds))
      }
    }
    return findings + otherRuns(than: seconds)
  }

  /// What keeps the run from its end.
  private func obstacles(memory: Int?, disk: (path: String, free: Int)?) -> [PlanFinding] {
    var findings: [PlanFinding] = []
    if let memory {
      let needs =
        link == nil
        ? [("all processes on this machine", coordinatorBytes + workers * workerBytes)]
        : [("the coordinator", coordinatorBytes), ("a worker", workerBytes)]
      for (name, needed) in needs where needed > memory {
        findings.append(.memory(of: name, needed: needed, present: memory))
      }
    }
    let needed = DiskNeeds(of: run).peakBytes
    if let disk, needed > disk.free {
      findings.append(.disk(path: disk.path, needed: needed, free: disk.free))
    }
    let work = cost.computeSeconds
    if work > run.longestLeaseSeconds {
      findings.append(.leaseTooShort(seconds: work, longest: run.longestLeaseSeconds))
    }
    return findings
  }

  /// The same with another codec; and a step that is twice as large.
  private func otherRuns(than seconds: Double) -> [PlanFinding] {
    var findings: [PlanFinding] = []
    let best = plan(changing: { ($0.gradientCodec, $0.deltaCodec) = (.int8, .int8) })
    if limit == .link, best.cost.seconds * Self.worthwhile < seconds {
      findings.append(.codec(.int8, seconds: best.cost.seconds, insteadOf: seconds))
    }
    let larger = plan(changing: { $0.microbatches = max(2 * $0.microbatches, workers) })
    let (speed, now) = (larger.pairsPerSecond(workers: workers), pairsPerSecond(workers: workers))
    // On one machine that computes all the time it would be a larger step and nothing else.
    if speed > now * Self.worthwhile {
      findings.append(
        .microbatches(larger.run.microbatches, pairsPerSecond: speed, insteadOf: now))
    }
    return findings
  }

  private func plan(changing change: (inout PlannedRun) -> Void) -> RunPlan {
    var run = run
    change(&run)
    return RunPlan(run, on: machine, workers: workers, link: link)
  }
}
