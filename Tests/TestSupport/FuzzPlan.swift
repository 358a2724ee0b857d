// How much the fuzz tests do, and how a failure is repeated.

import Foundation
import Testing

package enum FuzzPlan {
  /// Hostile frames of each of the four fuzz tests. `scripts/fuzz` asks for more.
  package static let frames = number("TERRANE_FUZZ_FRAMES") ?? framesOfSuite
  package static let framesOfSuite = 25_000
  package static let seed = UInt64(number("TERRANE_FUZZ_SEED") ?? 20_261_122)

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  /// For the comment of an expectation.
  package static var repetition: Comment {
    "repeat with: scripts/fuzz --frames \(4 * frames) --seed \(seed)"
  }
}

/// What a process may gain in memory from a tenth of the frames to the last.
package struct MemoryGrowth: CustomStringConvertible {
  private let process: Int32?
  private let tenth: Int
  private var early: Int?

  package init(of process: Int32? = nil, frames: Int) {
    self.process = process
    tenth = frames / 10
  }

  /// Looks at the process when a tenth of the frames have been sent.
  package mutating func note(framesSent: Int) {
    if early == nil && framesSent >= tenth { early = ResidentMemory.bytes(of: process) }
  }

  /// Bytes gained since; nil when there is nothing to compare.
  package var bytes: Int? {
    guard let early, let late = ResidentMemory.bytes(of: process) else { return nil }
    return late - early
  }

  package var description: String { bytes.map { "+\($0 >> 10) KiB" } ?? "unknown" }
}
