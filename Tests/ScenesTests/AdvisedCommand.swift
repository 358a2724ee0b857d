// Commands that messages advise are run, in the folder of the scenes.

import Foundation
import TestSupport
import Testing

/// Runs the last command between backquotes of a message.
/// - Returns: the path of the file that it makes, its last word.
func advised(_ message: String, in scenes: JudgedScenes) throws -> String {
  let parts = message.split(separator: "`", omittingEmptySubsequences: false)
  let command = String(try #require(parts.count >= 3 ? parts[parts.count - 2] : nil, "\(message)"))
  let before = Set(try scenes.folder.names())
  let script = "cd \"$0\" && \(command) >/dev/null"
  let outcome = try run("/bin/bash", ["-c", script, scenes.folder.path])
  #expect(outcome.status == 0, "\(command): \(outcome.errors)")
  let made = Set(try scenes.folder.names()).subtracting(before).sorted()
  return scenes.folder.file(try #require(made.first, "\(command)"))
}
