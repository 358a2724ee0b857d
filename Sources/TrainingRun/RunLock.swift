// One coordinator a run's folder.

import Basics
import Foundation

/// Held for as long as this lives. Its file names who holds it, for those who are refused.
package struct RunLock: Sendable {
  private let lock: FileLock

  /// - Throws: `RunError` when another process holds it.
  package init(_ folder: RunFolder) throws {
    guard let lock = try FileLock(folder.lock) else {
      let holder = Self.holder(folder).map { " (\($0))" } ?? ""
      throw RunError(
        description:
          "another coordinator\(holder) is at work in \(folder.path); stop that one first",
        exitStatus: .runIsHeld)
    }
    self.lock = lock
    let process = ProcessInfo.processInfo
    // On a full disk it stays unnamed.
    try? FileWriter(creating: folder.lock).write(
      Array("process \(process.processIdentifier) on \(process.hostName)\n".utf8))
  }

  /// As the file tells it, if it does.
  private static func holder(_ folder: RunFolder) -> String? {
    guard let text = try? Files.readText(folder.lock, limitBytes: 1 << 10) else { return nil }
    let line = text.prefix { $0 != "\n" }
    return line.hasPrefix("process ") ? String(line) : nil
  }
}
