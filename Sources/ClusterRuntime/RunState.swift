// What a checkpoint and a journal remember of a run besides its tensors.

import Coordination
import Foundations

/// Everything that a run needs to go on from a step, but for the tensors and the configuration.
public struct RunState: Codable, Hashable, Sendable {
  public var position: RunPosition
  /// Digest of what determines the run's numbers: configuration and dataset.
  public var runIdentity: String
  public var datasetDigest: Digest
  /// The OpenBLAS kernels that computed so far; nil before any worker joined.
  public var blasKernel: String?
  public var maskRatio: MaskRatioSchedule
  /// The bounds that hold for the next step.
  public var bounds: MaskRatioBounds
  public var pairsSeen: Int
  /// Wall time of all steps so far, over every coordinator process that had a part in it.
  public var trainingSeconds: Double

  /// Step 0 of a run.
  package init(
    startOf runIdentity: String, digest: Digest, datasetDigest: Digest, maskRatio: MaskRatioSchedule
  ) {
    position = RunPosition(startOf: runIdentity, digest: digest)
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
  package func next(_ commit: StepCommit, blasKernel: String?, seconds: Double) -> RunState {
    var next = self
    next.position = commit.position
    next.blasKernel = blasKernel
    next.bounds = maskRatio.bounds(at: commit.position.step)
    next.pairsSeen += commit.outcome.sums.pairs
    next.trainingSeconds += seconds
    return next
  }
}
