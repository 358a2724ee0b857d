// How far back a journal reaches.

import Basics

package enum JournalBase {
  /// The step after which the journal must go on: that of the checkpoint before the newest one, so that a newest
  /// one that turns out damaged costs nothing; step 0 until there are two.
  /// - Parameters:
  ///   - checkpoints: the steps of those that are safe, oldest first.
  ///   - kept: how many are kept; with a single one there is none before it.
  package static func step(checkpoints: [Step], kept: Int) -> Step {
    if kept == 1 { return checkpoints.last ?? Step(0) }
    return checkpoints.count >= 2 ? checkpoints[checkpoints.count - 2] : Step(0)
  }
}
