// A text file that grows by whole lines. Not for what is rewritten: that is `Files.writeDurably`.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

/// An open file of lines, each appended by one write: a reader, or a crash of this process, sees
/// whole lines only. Power loss may cost lines since the last `synchronize`.
package struct LineFile: ~Copyable, Sendable {
  private let path: String
  private let descriptor: Int32
  private let writeBytes: @Sendable (Int32, [UInt8]) -> Int
  private var byteCount = 0

  /// Creates the file, or opens it and cuts a last line without an end, as power loss leaves one.
  /// - Parameters:
  ///   - place: where to cut the file before that, counted in bytes; nil for not at all.
  ///   - write: the system's `write`, unless a test knows better.
  package init(
    appendingTo path: String, cutAt place: Int? = nil,
    write: @escaping @Sendable (Int32, [UInt8]) -> Int = { Glibc.write($0, $1, $1.count) }
  ) throws(FileError) {
    self.path = path
    writeBytes = write
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw FileError(operation: "open", path: path) }
    let (end, count) = try Self.endOfLastLine(path)
    byteCount = count
    let kept = min(end, place ?? end)
    if kept < count { try truncate(to: kept) }
  }

  deinit { close(descriptor) }

  /// Appends a line, which must hold no line break; all of it or, on an error, nothing.
  package mutating func append(_ line: String) throws(FileError) {
    let bytes = Array((line + "\n").utf8)
    var written = writeBytes(descriptor, bytes)
    while written < 0 && errno == EINTR { written = writeBytes(descriptor, bytes) }
    guard written == bytes.count else {
      // A disk that filled up within the line: the system reports no error for the part that
      // fitted.
      let failure = FileError(
        operation: "write to", path: path, code: written < 0 ? errno : ENOSPC)
      if written > 0 { try truncate(to: byteCount) }
      throw failure
    }
    byteCount += bytes.count
  }

  /// Returns when the lines are on the disk.
  func synchronize() throws(FileError) {
    if fdatasync(descriptor) != 0 { throw FileError(operation: "fsync", path: path) }
  }

  private mutating func truncate(to count: Int) throws(FileError) {
    if ftruncate(descriptor, off_t(count)) != 0 {
      throw FileError(operation: "shorten", path: path)
    }
    byteCount = count
  }

  private static func endOfLastLine(
    _ path: String
  ) throws(FileError) -> (end: Int, byteCount: Int) {
    let file = try MappedFile(path)
    return withExtendedLifetime(file) { (endOfLine(in: file.bytes[...]), file.bytes.count) }
  }

  /// The place after the last line break; 0 when there is none.
  private static func endOfLine(in bytes: Slice<UnsafeRawBufferPointer>) -> Int {
    bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
  }
}
