// Where the walk over a journal stopped, and why.

import Basics

/// What a journal holds up to some step, and what stands behind it.
package enum ReplayResult: Hashable, Sendable, CustomStringConvertible {
  /// Nothing.
  case end(after: Step)
  /// A record that was not finished when the writer died, which is normal.
  case torn(after: Step, path: String, offset: Int)
  /// Something that is not as it was written.
  case damaged(after: Step, path: String, offset: Int, problem: String)
  /// The next segment begins at a later step.
  case missing(after: Step, path: String)

  /// The last step that can be replayed.
  package var step: Step {
    switch self {
    case .end(let step), .torn(let step, _, _), .damaged(let step, _, _, _), .missing(let step, _):
      step
    }
  }

  /// Whether nothing was lost that had been committed.
  package var isNormal: Bool {
    switch self {
    case .end, .torn: true
    case .damaged, .missing: false
    }
  }

  package var description: String {
    switch self {
    case .end(let step):
      "the journal ends after step \(step)"
    case .torn(let step, let path, let offset):
      "the journal ends after step \(step); the next one was being written "
        + "(\(path), byte \(offset))"
    case .damaged(let step, let path, let offset, let problem):
      "\(path) is damaged at byte \(offset): \(problem); what follows step \(step) is lost and "
        + "will be computed again"
    case .missing(let step, let path):
      "the journal lacks the steps between \(step) and \(path); what follows step \(step) is lost "
        + "and will be computed again"
    }
  }
}
