// One owner at a time of what several processes could write. Not for threads of one process.

#if canImport(Glibc)
  import Glibc
#endif

/// A lock on a file, held for as long as this lives; the system gives it up when the process dies, however it
/// dies. It binds only those who ask for it.
public final class FileLock: Sendable {
  private let descriptor: Int32

  /// Creates the file when there is none.
  /// - Returns: nil when another process holds the lock.
  public init?(_ path: String) throws(FileError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw FileError(operation: "open", path: path) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
    if errno == EWOULDBLOCK { return nil }
    throw FileError(operation: "lock", path: path)
  }

  deinit { close(descriptor) }
}
