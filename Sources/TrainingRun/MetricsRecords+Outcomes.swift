// The records that come of what the core has decided, each with its place in the chain.

import Basics
import Coordination
import Observability

/// What belongs to one course of a step and not to its numbers.
package struct StepCircumstances {
  package var seconds: Double
  package var bytesIn: Int
  package var bytesOut: Int

  package init(seconds: Double, bytesIn: Int, bytesOut: Int) {
    self.seconds = seconds
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
  }
}

extension StepRecord {
  /// - Parameter chain: up to the record before.
  package init(
    _ commit: StepCommit, _ update: UpdateResult, _ circumstances: StepCircumstances,
    after chain: Digest
  ) {
    let sums = commit.outcome.sums
    self.init(
      step: commit.position.step, weightedLoss: sums.loss, plainLoss: sums.plainLoss,
      meanIoU: sums.meanIntersectionOverUnion, meanMaskRatio: sums.meanMaskRatio,
      learningRate: update.learningRate, gradientNorm: update.gradientNorm, pairs: sums.pairs,
      seconds: circumstances.seconds, workers: commit.outcome.workers,
      bytesIn: circumstances.bytesIn, bytesOut: circumstances.bytesOut, isSkipped: commit.isSkipped,
      digest: commit.position.digest, chain: chain)
    self.chain = SharedNumbers(self).chain(after: chain)
  }
}

extension EvaluationRecord {
  /// - Parameter chain: of the step that was evaluated.
  package init(_ outcome: EvaluationOutcome, after chain: Digest) {
    let (sums, baselines) = (outcome.sums, outcome.baselines)
    let hidden = Double(max(1, sums.hidden))
    func losses(_ weighted: Double, _ plain: Double) -> Losses {
      Losses(weighted: weighted / hidden, plain: plain / hidden)
    }
    self.init(
      step: outcome.step, model: losses(sums.weighted, sums.plain),
      patchMean: losses(baselines.patchMeanWeighted, baselines.patchMeanPlain),
      copy: losses(baselines.copyWeighted, baselines.copyPlain), pairs: sums.pairs,
      seconds: outcome.seconds, chain: chain)
    self.chain = SharedNumbers(self).chain(after: chain)
  }
}
