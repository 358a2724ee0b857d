// A segment of a journal in a few lines, for `terrane inspect`.

import Basics
import Checkpoints

extension JournalDescription {
  /// Some lines, each ending in a newline.
  package var inspection: String {
    let steps =
      switch last.index - after.index {
      case 0: "none yet, after step \(after)"
      case 1: "\(last)"
      default: "\(after.next) to \(last)"
      }
    return """
      journal segment \(path)
        steps   \(steps)
        size    \(HumanFormat.bytes(byteCount))
        run     \(run)

      """
  }
}
