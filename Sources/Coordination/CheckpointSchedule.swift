// When a checkpoint is ordered, and how far back the journal reaches for it. One is written at a
// time, while training goes on.

import Basics

struct CheckpointSchedule: Sendable {
  /// Every so many steps; 0 is only at the end.
  let interval: Int
  /// The journal's length past which a checkpoint is due whatever the step; 0 when no journal is
  /// kept.
  let journalBytes: Int
  /// How many of the newest checkpoints stay.
  let kept: Int
  /// The newest step that is safe.
  private(set) var saved: Step?
  /// The safe step before that one; nil until there are two.
  private var savedBefore: Step?
  private(set) var inProgress: Step?
  /// One was due while another was being written.
  private var isOwed = false
  /// The journal's length when the newest checkpoint was ordered that was not written in the end.
  private var bytesAtFailure = 0
  private var bytesAtOrder = 0

  init(interval: Int, journalBytes: Int, kept: Int, saved: Step?) {
    self.interval = interval
    self.journalBytes = journalBytes
    self.kept = kept
    self.saved = saved
  }

  /// The step after which the journal must go on: that of the checkpoint before the newest one, so
  /// that a newest one that turns out damaged costs nothing; step 0 until there are two. Where a
  /// single one is kept there is none before it.
  var journalStart: Step { (kept == 1 ? saved : savedBefore) ?? Step(0) }

  /// Whether to order a checkpoint of `step`, which was just committed.
  mutating func isDue(at step: Step, isLast: Bool, journalBytes bytes: Int) -> Bool {
    let isRegular = interval > 0 && step.index % interval == 0
    // Two checkpoints' journals are kept, so half the bound is for one.
    let isLong = journalBytes > 0 && bytes - bytesAtFailure > journalBytes / 2
    guard isRegular || isLast || isLong || isOwed else { return false }
    isOwed = inProgress != nil
    bytesAtOrder = bytes
    return !isOwed
  }

  mutating func began(_ step: Step) {
    precondition(inProgress == nil)
    inProgress = step
  }

  mutating func succeeded(_ step: Step) {
    inProgress = nil
    savedBefore = saved
    saved = step
    bytesAtFailure = 0
  }

  mutating func failed() {
    inProgress = nil
    bytesAtFailure = bytesAtOrder
  }
}
