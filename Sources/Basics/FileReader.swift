// A file that is read at places, each by a call. Not for what is read whole and stays as it is:
// that is `MappedFile`.

#if canImport(Glibc)
  import Glibc
#endif

/// What tells, without reading it, that a file's bytes are no longer what they were: its place on
/// the disk, its size and the time of the last write. It also differs where only `touch` was there.
public struct FileStamp: Hashable, Sendable {
  /// The size of the file.
  public let byteCount: Int
  private let device: UInt64
  private let inode: UInt64
  /// Nanoseconds since 1970.
  private let modified: Int64

  fileprivate init(_ status: stat) {
    byteCount = Int(status.st_size)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }
}

/// Whose a file or folder is, and what others may do with it.
package struct FileOwnership: Hashable, Sendable {
  /// Permissions of owner, group and others: nine bits.
  package let mode: UInt32
  /// Whether it belongs to this process' user, or to root.
  package let isOurs: Bool

  package init(_ status: stat) {
    mode = UInt32(status.st_mode) & 0o777
    isOurs = status.st_uid == geteuid() || status.st_uid == 0
  }
}

/// An open file of the disk. A file that is shortened or a disk that fails while it is read is an
/// error here; under a mapping it would end the process. Any number of threads may read.
package final class FileReader: Sendable {
  package let path: String
  private let descriptor: Int32

  /// Opens the file. A pipe of that name is not waited for.
  package init(_ path: String) throws(FileError) {
    self.path = path
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
    var descriptor = open(path, flags)
    while descriptor < 0 && errno == EINTR { descriptor = open(path, flags) }
    if descriptor < 0 { throw FileError(operation: "open", path: path) }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Of the file as it is now.
  package func stamp() throws(FileError) -> FileStamp {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileError(operation: "stat", path: path) }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw FileError(operation: "read", path: path, code: EISDIR)
    }
    return FileStamp(status)
  }

  /// Whose the file is.
  package func ownership() throws(FileError) -> FileOwnership {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileError(operation: "stat", path: path) }
    return FileOwnership(status)
  }

  /// The bytes from a place on, fewer where the file ends.
  package func bytes(at place: Int, count: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, count))
    let found = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FileError) in try read(into: buffer, at: place) }
    }
    bytes.removeLast(bytes.count - (try found.get()))
    return bytes
  }

  /// Fills the buffer with the bytes from a place on.
  /// - Returns: how many there were; fewer than the buffer holds where the file ends.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(FileError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(operation: "read", path: path)
      }
      done += count
    }
    return done
  }
}
