// The records that come of what the core has decided, each with its place in the chain.

import Basics
import Coordination
import Observability

/// What belongs to one course of a step and not to its numbers.
package struct StepCircumstances {
  package var seconds: Double
  package var bytesIn: Int
  package var bytesOut: Int
  /// Of the coordinator; those of the workers come with the step.
  package var phases: StepPhases
  package var course: StepCourse

  package init(
    seconds: Double, bytesIn: Int, bytesOut: Int, phases: StepPhases, course: StepCourse
  ) {
    self.course = course
    self.seconds = seconds
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
    self.phases = phases
  }
}

extension StepRecord {
  /// - Parameter chain: up to the record before.
  package init(
    _ commit: StepCommit, _ update: UpdateResult, _ circumstances: StepCircumstances,
    after chain: Digest
  ) {
    let (sums, means) = (commit.outcome.sums, commit.outcome.means)
    var phases = circumstances.phases
    let spent = commit.outcome.spent
    (phases.data, phases.compute) = (spent.data, spent.compute)
    (phases.encode, phases.network) = (spent.encode, spent.network)
    self.init(
      step: commit.position.step, weightedLoss: sums.loss, means: means,
      learningRate: update.learningRate, gradientNorm: update.gradientNorm, pairs: sums.pairs,
      seconds: circumstances.seconds, workers: commit.outcome.workers,
      bytesIn: circumstances.bytesIn, bytesOut: circumstances.bytesOut, phases: phases,
      course: circumstances.course, isSkipped: commit.isSkipped, digest: commit.position.digest,
      chain: chain)
    self.chain = SharedNumbers(self).chain(after: chain)
  }
}

extension EvaluationRecord {
  /// - Parameter chain: of the step that was evaluated.
  package init(_ outcome: EvaluationOutcome, after chain: Digest) {
    self.init(
      step: outcome.step, weightedLoss: outcome.sums.loss, means: outcome.means,
      pairs: outcome.sums.pairs,
      seconds: outcome.seconds, wallSeconds: outcome.wallSeconds, chain: chain)
    self.chain = SharedNumbers(self).chain(after: chain)
  }
}
