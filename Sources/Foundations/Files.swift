// Files that are either whole or absent: written beside, fsynced, renamed. And files read by mapping.
// All of Terrane's system calls on files are here.

#if canImport(Glibc)
  import Glibc
#endif

/// What went wrong with a file, where, and what the system said.
public struct FileError: Error, Equatable, CustomStringConvertible {
  public let operation: String
  public let path: String
  public let code: Int32

  public init(operation: String, path: String, code: Int32 = errno) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  public var isFullDisk: Bool { code == ENOSPC || code == EDQUOT }

  public var description: String {
    let advice = isFullDisk ? "; free some space and try again, nothing was lost" : ""
    return "cannot \(operation) \(path): \(String(cString: strerror(code)))\(advice)"
  }
}

/// An open file that is being written from start to end.
public struct FileWriter: ~Copyable {
  public let path: String
  public private(set) var byteCount = 0
  private let descriptor: Int32

  /// Creates the file, or empties it.
  public init(creating path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw FileError(operation: "create", path: path) }
  }

  deinit { close(descriptor) }

  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let written = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError(operation: "write to", path: path)
      }
      done += written
    }
    byteCount += bytes.count
  }

  public mutating func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (values) throws(FileError) in
      try write(UnsafeRawBufferPointer(values))
    }
  }

  /// Overwrites bytes already written, for headers that are known last.
  public mutating func overwrite(
    at offset: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(FileError) {
    precondition(offset + bytes.count <= byteCount)
    if pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset)) != bytes.count {
      throw FileError(operation: "write to", path: path)
    }
  }

  /// Returns when the bytes are on the disk.
  public func synchronize() throws(FileError) {
    if fsync(descriptor) != 0 { throw FileError(operation: "fsync", path: path) }
  }
}

public enum Files {
  /// Writes a file beside its place, fsyncs it and renames it there. On an error nothing is left behind and
  /// what stood at `path` stays.
  public static func writeDurably(
    to path: String, _ body: (inout FileWriter) throws -> Void
  ) throws {
    let beside = path + ".partial"
    do {
      do {
        var writer = try FileWriter(creating: beside)
        try body(&writer)
        try writer.synchronize()
      }
      try rename(beside, to: path)
    } catch {
      unlink(beside)
      throw error
    }
  }

  public static func writeDurably(_ text: String, to path: String) throws {
    try writeDurably(to: path) { try $0.write(Array(text.utf8)) }
  }

  /// Renames and makes the new name durable.
  public static func rename(_ source: String, to destination: String) throws(FileError) {
    if Glibc.rename(source, destination) != 0 {
      throw FileError(operation: "rename to", path: destination)
    }
    try synchronizeFolder(of: destination)
  }

  /// Makes the names in the folder that holds `path` durable.
  public static func synchronizeFolder(of path: String) throws(FileError) {
    let folder = parent(of: path)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw FileError(operation: "open", path: folder) }
    defer { close(descriptor) }
    if fsync(descriptor) != 0 { throw FileError(operation: "fsync", path: folder) }
  }

  /// Everything before the last slash; "." when there is none.
  public static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Everything after the last slash.
  public static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// Creates a folder and those above it.
  public static func createFolder(_ path: String) throws(FileError) {
    if isFolder(path) { return }
    let above = parent(of: path)
    if above != "." && above != "/" { try createFolder(above) }
    if mkdir(path, 0o755) != 0 && errno != EEXIST {
      throw FileError(operation: "create folder", path: path)
    }
  }

  /// Creates a folder of a new name that only this user can enter.
  /// - Returns: its path.
  public static func createPrivateFolder(
    under parent: String, prefix: String
  ) throws(FileError) -> String {
    var path = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
    let isMade = path.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
    guard isMade else { throw FileError(operation: "create a folder in", path: parent) }
    return String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The names in a folder, sorted; without `.` and `..`.
  public static func list(_ folder: String) throws(FileError) -> [String] {
    guard let stream = opendir(folder) else { throw FileError(operation: "list", path: folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a file, or a folder with all that is in it. Nothing there is no error.
  public static func remove(_ path: String) throws(FileError) {
    var status = stat()
    if lstat(path, &status) != 0 {
      if errno == ENOENT { return }
      throw FileError(operation: "remove", path: path)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in try list(path) { try remove(path + "/" + name) }
      if rmdir(path) != 0 { throw FileError(operation: "remove", path: path) }
    } else if unlink(path) != 0 {
      throw FileError(operation: "remove", path: path)
    }
  }

  /// The whole of a file that is small enough to be held; larger ones are an error before anything is read.
  public static func readText(_ path: String, limitBytes: Int = 16 << 20) throws -> String {
    let file = try MappedFile(path)
    guard file.bytes.count <= limitBytes else {
      throw FileError(operation: "read", path: path, code: EFBIG)
    }
    return file.withBytes { String(decoding: $0, as: UTF8.self) }
  }
}

/// A file mapped read-only. It must not be shortened while mapped: Terrane's own files are replaced, never
/// rewritten.
///
/// `@unchecked Sendable`: the mapping is immutable from `init` to `deinit`.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  /// Valid while this object lives, which the compiler may end after its last use: read through `withBytes`,
  /// or hold the object with `withExtendedLifetime`.
  public let bytes: UnsafeRawBufferPointer

  /// Lends the bytes and keeps the mapping until `body` returns.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  public init(_ path: String) throws(FileError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
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

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
