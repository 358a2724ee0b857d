// What a checkpoint says beside its tensors.

import Coordination
import Foundations

/// Everything that a run needs to go on from a checkpoint, but for the tensors and the configuration.
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
}
