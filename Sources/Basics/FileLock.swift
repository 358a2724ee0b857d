// One owner at a time of what several processes could write. Not for threads of one process.

#if canImport(Glibc)
  import Glibc
#endif

/// A lock on a file or a folder, held for as long as this lives; the system gives it up when the
/// process dies, however it dies. It binds only those who ask for it. What was locked stays locked
/// when its name is removed, but whoever comes later and makes a file of that name locks another
/// one: `isAt` tells.
///
/// On NFS a lock on a file holds among all machines; one on a folder holds on this machine alone.
package final class FileLock: Sendable {
  private let descriptor: Int32

  /// Attempts at a lock that another process may only have asked for, and microseconds between two
  /// of them.
  private static let attempts = 10
  private static let pauseMicroseconds: UInt32 = 20_000

  /// Creates the file when there is none.
  /// - Returns: nil when another process holds the lock.
  package convenience init?(_ path: String) throws(FileError) {
    try self.init(path, flags: O_RDWR | O_CREAT)
  }

  /// Locks a folder that is there: while it is in use, nobody can put another one in its place
  /// unnoticed.
  /// - Returns: nil when another process holds the lock.
  package convenience init?(folder path: String) throws(FileError) {
    try self.init(path, flags: O_RDONLY | O_DIRECTORY)
  }

  private init?(_ path: String, flags: Int32) throws(FileError) {
    descriptor = open(path, flags | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw FileError(operation: "open", path: path) }
    for attempt in 1...Self.attempts {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
      guard errno == EWOULDBLOCK else { throw FileError(operation: "lock", path: path) }
      if attempt < Self.attempts { usleep(Self.pauseMicroseconds) }
    }
    return nil
  }

  /// Whether what is locked lies at this path now.
  package func isAt(_ path: String) -> Bool {
    var (locked, found) = (stat(), stat())
    return fstat(descriptor, &locked) == 0 && stat(path, &found) == 0
      && locked.st_dev == found.st_dev && locked.st_ino == found.st_ino
  }

  /// Removes the locked file, if it lies there still and nobody wrote into it: who waits for it
  /// locks what has no name any more.
  package func removeIfEmpty(_ path: String) {
    var locked = stat()
    if isAt(path) && fstat(descriptor, &locked) == 0 && locked.st_size == 0 { unlink(path) }
  }

  /// Whether a process holds the lock of a file or a folder now. Writes nothing and keeps nothing;
  /// what is not there is not held.
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
