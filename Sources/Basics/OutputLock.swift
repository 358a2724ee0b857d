// One process at a time that makes a file or a folder. The lock is a file beside it, NAME.lock,
// which goes when the work is over; after a kill it stays, empty, and hinders nobody.

/// Held for as long as this lives.
package final class OutputLock: Sendable {
  private let path: String
  private let lock: FileLock

  /// Times that a lock may be gone again when it was got, since its holder ended.
  private static let attempts = 100

  /// - Parameter output: what is to be made, in a folder that is there.
  /// - Throws: `OutputError.isHeld`, `FileError`.
  package init(_ output: String) throws {
    var name = output
    while name.count > 1 && name.hasSuffix("/") { name.removeLast() }
    path = name + ".lock"
    for _ in 0..<Self.attempts {
      guard let lock = try FileLock(path) else { break }
      if lock.isAt(path) {
        self.lock = lock
        return
      }
    }
    throw OutputError.isHeld(path: output)
  }

  deinit { lock.removeIfEmpty(path) }
}
