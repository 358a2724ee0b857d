// What the coordinator is doing, each state with the data that it alone needs.

import Basics
import Wire

/// A step that the disk has refused.
struct CommitTrouble: Equatable, Sendable {
  /// When the newest word about it was said.
  let saidAt: Instant
  /// When it is tried again; nil while it is.
  let retryAt: Instant?
}

/// What the coordinator is doing.
enum CoordinatorState: Equatable, Sendable {
  /// Leases are out for the current step. Exits: `.measuring` when all its work is in, or at once
  /// `.updating` when the step is skipped for one microbatch's sake; `.closing` after the last
  /// step, on a request to stop, when a shard stays away too long, or when the run has diverged.
  case collecting
  /// The gradient's norm was asked for. Exits: `.updating` when it is ordinary; `.digesting` when
  /// it stands out or the gradient is in doubt.
  case measuring
  /// The digest of a gradient of this norm was asked for. Exits: `.updating` when two computations
  /// agree, also on a step that is skipped; `.collecting` when it is computed again; `.closing`
  /// when the run has diverged or its machines disagree.
  case digesting(norm: Double)
  /// The update was ordered. Exits: `.committing` when it is made; `.ended` when it gives numbers
  /// that are not finite.
  case updating(norm: Double, isSkip: Bool)
  /// The step is being made durable, and again for as long as that fails. Exits: `.collecting` when
  /// it is; then at once `.closing` when a stop was requested; `.ended` when it is requested while
  /// the disk refuses.
  case committing(StepCommit, CommitTrouble?)
  /// The last checkpoint is being written, and written again for as long as it fails.
  /// Exits: `.ended` when it is safe, on a second request to stop, on the first one after an
  /// attempt that failed, and when it may not be written and the journal has every step.
  case closing(StopKind, reason: String, retryAt: Instant?)
  /// No exits.
  case ended
}
