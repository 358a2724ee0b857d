// Files as bytes to read, without copying them.

#if canImport(Glibc)
  import Glibc
#endif

/// The bytes of a file, read-only: mapped, or held in memory by a store that is not a disk. A
/// mapped file must not be shortened meanwhile: Terrane's own files are replaced, never rewritten.
///
/// `@unchecked Sendable`: the bytes do not change from `init` to `deinit`.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  /// Valid while this object lives, which the compiler may end after its last use: read through
  /// `withBytes`, or hold the object with `withExtendedLifetime`.
  package let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Lends the bytes and keeps the mapping until `body` returns.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  /// Maps a file of the disk.
  package init(_ path: String) throws(FileError) {
    self.path = path
    isMapped = true
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw FileError(operation: "open", path: path) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileError(operation: "stat", path: path) }
    if status.st_mode & S_IFMT == S_IFDIR {
      throw FileError(operation: "read", path: path, code: EISDIR)
    }
    let count = Int(status.st_size)
    if count == 0 {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw FileError(operation: "map", path: path) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  /// Holds a copy of bytes that are not a file of the disk, aligned as a mapping is for every type
  /// of value.
  /// - Parameter path: what to call them in errors.
  package init(_ path: String, holding contents: [UInt8]) {
    self.path = path
    isMapped = false
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
    copy.copyBytes(from: contents)
    bytes = UnsafeRawBufferPointer(copy)
  }

  deinit {
    if !isMapped {
      bytes.deallocate()
    } else if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
