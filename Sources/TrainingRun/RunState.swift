// What a checkpoint and a journal remember of a run besides its tensors.

import Basics
import Coordination
import Observability

/// Everything that a run needs to go on from a step, but for the tensors and the configuration.
package struct RunState: Codable, Hashable, Sendable {
  package var position: RunPosition
  /// The chain of the numbers that equal runs share, up to this step's; see `SharedNumbers`.
  package var chain: Digest
  /// Digest of what determines the run's numbers: configuration and dataset.
  package var runIdentity: String
  package var datasetDigest: Digest
  /// `Arithmetic.version` of the release that computed the newest step; nil at step 0.
  package var arithmetic: UInt32?
  package var maskRatio: MaskRatioSchedule
  /// The bounds that hold for the next step.
  package var bounds: MaskRatioBounds
  package var pairsSeen: Int
  /// The lowest held-out loss of a step that has a checkpoint by `checkpoints.everySteps`, and that
  /// step; nil before the first one, and where the best checkpoint is not asked for.
  package var best: BestEvaluation?
  /// Wall time of all steps so far, over every coordinator process that had a part in it.
  package var trainingSeconds: Double

  /// Step 0 of a run.
  package init(
    startOf runIdentity: String, digest: Digest, datasetDigest: Digest, maskRatio: MaskRatioSchedule
  ) {
    position = RunPosition(startWith: digest)
    chain = Digest(of: [Digest(of: runIdentity), digest])
    self.runIdentity = runIdentity
    self.datasetDigest = datasetDigest
    self.maskRatio = maskRatio
    bounds = maskRatio.bounds(at: position.step)
    pairsSeen = 0
    trainingSeconds = 0
  }

  /// Step 0 of a run that is on the disk.
  package init(startOf run: PreparedRun, digest: Digest) {
    self.init(
      startOf: run.identity, digest: digest, datasetDigest: run.dataset.digest,
      maskRatio: run.configuration.maskRatio.plan)
  }

  /// The state after a step.
  /// - Parameters:
  ///   - record: the step's, with its chain.
  ///   - arithmetic: `Arithmetic.version` of who computed the step.
  ///   - best: the lowest held-out loss so far.
  package func next(
    _ commit: StepCommit, record: StepRecord, arithmetic: UInt32, best: BestEvaluation?
  ) -> RunState {
    var next = self
    next.best = best
    next.position = commit.position
    next.chain = record.chain
    next.arithmetic = arithmetic
    next.bounds = maskRatio.bounds(at: commit.position.step)
    next.pairsSeen += commit.outcome.sums.pairs
    next.trainingSeconds += record.seconds
    return next
  }

  /// What to tell of a run that goes on with other arithmetic than its newest step was computed
  /// with; nil when there is nothing to tell.
  package func changeOfArithmetic(to version: UInt32) -> String? {
    guard let arithmetic, arithmetic != version else { return nil }
    return "this run was computed with arithmetic version \(arithmetic) up to step "
      + "\(position.step) and goes on with arithmetic version \(version): from here on its bits "
      + "differ from what the release before would have given"
  }
}
