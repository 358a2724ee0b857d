// Waiting for what another process does, with an end to the patience.

import Basics
import Foundation

/// Long enough for a loaded machine; no test waits for it when things are right.
package let patience = Duration.seconds(60)

/// Something that did not happen in time.
package struct TimedOut: Error, CustomStringConvertible {
  package let description: String
}

/// Returns when the condition holds. Other processes give no sign but their files and their ends,
/// so it is asked over and over.
/// - Parameters:
///   - what: what is waited for, for the error.
///   - evidence: what the error shows beside it, such as a log.
package func wait(
  for what: String, evidence: @autoclosure () -> String = "", until condition: () throws -> Bool
) throws {
  let deadline = Instant.monotonicNow() + patience
  while try !condition() {
    guard Instant.monotonicNow() < deadline else {
      throw TimedOut(description: "waited \(patience) for \(what)\n\(evidence())")
    }
    usleep(2000)
  }
}
