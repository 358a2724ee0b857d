// A file of the disk that is being written. Not for lines of text: that is `LineFile`.

import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// An open file of the disk. Any number of threads may write, each at places of its own.
package final class FileWriter: FileSink, Sendable {
  package let path: String
  private let descriptor: Int32
  private let end = Atomic<Int>(0)

  /// Creates the file, or empties it.
  /// - Parameter isPrivate: whether nobody but this user may read one that is created.
  package init(creating path: String, isPrivate: Bool = false) throws(FileError) {
    let mode: mode_t = isPrivate ? 0o600 : 0o644
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    if descriptor < 0 { throw FileError(operation: "create", path: path) }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  package var byteCount: Int { end.load(ordering: .acquiring) }

  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    precondition(offset >= 0)
    var done = 0
    while done < bytes.count {
      let written = pwrite(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError(operation: "write to", path: path)
      }
      done += written
    }
    end.max(offset + bytes.count, ordering: .acquiringAndReleasing)
  }

  /// Linux starts to write out what it is told not to keep in memory; its own call for that,
  /// `sync_file_range`, is not in the C library's module.
  package func startWritingOut(_ bytes: Range<Int>) {
    posix_fadvise(descriptor, off_t(bytes.lowerBound), off_t(bytes.count), POSIX_FADV_DONTNEED)
  }

  package func truncate(to byteCount: Int) throws(FileError) {
    precondition(byteCount >= 0 && byteCount <= self.byteCount)
    if ftruncate(descriptor, off_t(byteCount)) != 0 {
      throw FileError(operation: "shorten", path: path)
    }
    end.store(byteCount, ordering: .releasing)
  }

  package func synchronize() throws(FileError) {
    if fsync(descriptor) != 0 { throw FileError(operation: "fsync", path: path) }
  }
}
