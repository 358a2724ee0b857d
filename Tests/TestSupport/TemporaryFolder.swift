// Where a test writes.

import Basics
import Foundation

/// A folder of its own for one test, gone when the test is over. Its path is short enough for a
/// socket in it.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    path = try Files.createPrivateFolder(
      under: FileManager.default.temporaryDirectory.path, prefix: "terrane-")
  }

  deinit { try? Files.remove(path) }

  package func file(_ name: String) -> String { path + "/" + name }

  /// The names in the folder, sorted.
  package func names() throws -> [String] { try Files.list(path) }

  package func write(_ text: String, to name: String) throws {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
  }
}
