// Where a run stands between two steps.

import Basics

/// All that a run's later steps depend on, besides the tensors and the configuration. It is kept
/// with every committed step, so that a coordinator that comes back goes on as if it had never
/// left.
package struct RunPosition: Hashable, Codable, Sendable {
  /// How many updates were made.
  package private(set) var step: Step
  /// The replica's, at `step`.
  package private(set) var digest: Digest
  /// Training and held-out shards that nobody has any more and that the run goes on without, in
  /// order.
  package internal(set) var lostShards: [ShardID]
  /// Up to this step; nil in runs that never skip one.
  package internal(set) var gradients: GradientHistory?

  /// What microbatches' norms were up to this step; nil in runs of releases that did not look at
  /// them.
  package internal(set) var norms: NormWatch?

  /// Step 0 of a run.
  package init(startWith digest: Digest) {
    step = Step(0)
    self.digest = digest
    lostShards = []
  }

  /// The position after one more update.
  /// - Parameter norms: those of the gradients of its microbatches; none where they are not known.
  package func next(_ digest: Digest, norms: [Double] = []) -> RunPosition {
    var next = self
    if !norms.isEmpty { next.norms = (self.norms ?? NormWatch()).next(norms: norms) }
    next.step = step.next
    next.digest = digest
    return next
  }
}
