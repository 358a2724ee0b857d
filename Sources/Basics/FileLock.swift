// One owner at a time of what several processes could write. Not for threads of one process.

#if canImport(Glibc)
  import Glibc
#endif

/// A lock on a file, held for as long as this lives; the system gives it up when the process dies,
/// however it dies. It binds only those who ask for it.
package final class FileLock: Sendable {
  private let descriptor: Int32

  /// Attempts at a lock that another process may only have asked for, and microseconds between two.
  private static let attempts = 10
  private static let pauseMicroseconds: UInt32 = 20_000

  /// Creates the file when there is none.
  /// - Returns: nil when another process holds the lock.
  package init?(_ path: String) throws(FileError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw FileError(operation: "open", path: path) }
    for attempt in 1...Self.attempts {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
      guard errno == EWOULDBLOCK else { throw FileError(operation: "lock", path: path) }
      if attempt < Self.attempts { usleep(Self.pauseMicroseconds) }
    }
    return nil
  }

  /// Whether a process holds the lock now. Writes nothing and keeps nothing; a file that is not
  /// there is not held.
  package static func isHeld(_ path: String) throws(FileError) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      let failure = FileError(operation: "open", path: path)
      if failure.isMissing { return false }
      throw failure
    }
    // Closing gives up at once what was taken.
    defer { close(descriptor) }
    if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return false }
    if errno == EWOULDBLOCK { return true }
    throw FileError(operation: "ask for the lock", path: path)
  }

  deinit { close(descriptor) }
}
