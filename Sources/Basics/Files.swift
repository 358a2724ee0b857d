// Files that are either whole or absent: written beside, fsynced, renamed. The system calls on
// names and folders are here; those on an open file's bytes in FileWriter and MappedFile.

#if canImport(Glibc)
  import Glibc
#endif

/// What went wrong with a file, where, and what the system said.
public struct FileError: SystemError, Equatable, CustomStringConvertible {
  /// What was tried, as in "cannot open …".
  public let operation: String
  /// The file or folder.
  public let path: String
  /// The system's `errno`.
  public let code: Int32

  /// - Parameter code: `errno` where it is not said.
  package init(operation: String, path: String, code: Int32 = errno) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// Whether there is no such file or folder.
  public var isMissing: Bool { code == ENOENT || code == ENOTDIR }

  /// Whether the system does not let this user do it, and will not the next time either.
  package var isForbidden: Bool { code == EACCES || code == EROFS || code == EPERM }

  /// Whether the file system knows no locks at all. (A lock service that does not answer is another
  /// matter: it may, the next time.)
  package var hasNoLocks: Bool { code == ENOSYS || code == EOPNOTSUPP }

  /// Whether the disk, or the user's share of it, is full.
  public var isFullDisk: Bool { code == ENOSPC || code == EDQUOT }

  /// What the process ran out of, if that is the reason.
  package var shortage: Shortage? { Shortage(code: code) }

  public var description: String {
    let advice =
      if isFullDisk {
        "; free some space and try again, nothing was lost"
      } else if code == EFBIG, let limit = ResourceLimit.fileSize.explanation {
        "; \(limit); raise that limit, nothing was lost"
      } else {
        shortage.map { "; \($0.explanation)" } ?? ""
      }
    return "cannot \(operation) \(path.visible): \(String(cString: strerror(code)))\(advice)"
  }
}

/// What is done with names of files and folders.
package enum Files {
  /// Writes a file beside its place, fsyncs it and renames it there. On an error nothing is left
  /// behind and what stood at `path` stays. After a kill its beginning is left, which the next
  /// attempt replaces.
  /// - Parameters:
  ///   - amongOthers: whether other processes may write to this path at the same time. The last
  ///     one's file stays then; the beginning that a kill leaves has a name of its own.
  ///   - isPrivate: whether nobody but this user may ever read it.
  package static func writeDurably(
    to path: String, amongOthers: Bool = false, isPrivate: Bool = false,
    _ body: (FileWriter) throws -> Void
  ) throws {
    let own = amongOthers ? "." + String(UInt64.random(in: 0 ... .max), radix: 36) : ""
    let beside = path + own + ".partial"
    try write(to: path, beside: beside, isDurable: true, isPrivate: isPrivate, body)
  }

  /// Writes a file as `writeDurably(to:_:)` does, without waiting for the disk: whole or absent
  /// whatever becomes of the process; after a failure of power there may be something else at
  /// `path`. For what says itself whether it is whole, and what `synchronize` is called for later.
  package static func writeSoon(
    to path: String, _ body: (FileWriter) throws -> Void
  ) throws {
    try write(to: path, beside: path + ".partial", isDurable: false, body)
  }

  private static func write(
    to path: String, beside: String, isDurable: Bool, isPrivate: Bool = false,
    _ body: (FileWriter) throws -> Void
  ) throws {
    do {
      do {
        // What an attempt before left behind may be open to others.
        if isPrivate { unlink(beside) }
        let writer = try FileWriter(creating: beside, isPrivate: isPrivate)
        try body(writer)
        if isDurable { try writer.synchronize() }
      }
      if isDurable { try rename(beside, to: path) } else { try renameSoon(beside, to: path) }
    } catch {
      unlink(beside)
      throw error
    }
  }

  /// Writes a text as `writeDurably(to:_:)` does.
  package static func writeDurably(_ text: String, to path: String) throws {
    try writeDurably(to: path) { try $0.write(Array(text.utf8)) }
  }

  /// Renames and makes the new name durable.
  package static func rename(_ source: String, to destination: String) throws(FileError) {
    try renameSoon(source, to: destination)
    try synchronizeFolder(of: destination)
  }

  private static func renameSoon(
    _ source: String, to destination: String
  ) throws(FileError) {
    if Glibc.rename(source, destination) != 0 {
      throw FileError(operation: "rename to", path: destination)
    }
  }

  /// Makes the names in the folder that holds `path` durable.
  package static func synchronizeFolder(of path: String) throws(FileError) {
    try synchronize(parent(of: path))
  }

  /// Returns when what was written to a file so far, by whomever, is on the disk; of a folder, its
  /// names.
  package static func synchronize(_ path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileError(operation: "open", path: path) }
    defer { close(descriptor) }
    if fsync(descriptor) != 0 { throw FileError(operation: "fsync", path: path) }
  }

  /// A path that does not depend on the folder that this process stands in. The path as it is where
  /// that folder's own name is not known, or is not text.
  package static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let name = getcwd(nil, 0) else { return path }
    defer { free(name) }
    guard let folder = String(validatingCString: name) else { return path }
    if path == "." { return folder }
    let rest = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    return folder == "/" ? "/" + rest : folder + "/" + rest
  }

  /// The one name of a place, without links and detours, whether something is there or could be
  /// made in its folder; else the absolute path.
  package static func resolved(_ path: String) -> String {
    func real(_ path: String) -> String? {
      guard let name = realpath(path, nil) else { return nil }
      defer { free(name) }
      return String(validatingCString: name)
    }
    if let whole = real(path) { return whole }
    guard let folder = real(parent(of: path)) else { return absolute(path) }
    return (folder == "/" ? "" : folder) + "/" + name(of: path)
  }

  /// Everything before the last slash; "." when there is none.
  package static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Everything after the last slash.
  package static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// Creates a folder and those above it, and makes their names durable.
  package static func createFolder(_ path: String) throws(FileError) {
    if isFolder(path) { return try ensureName(of: path) }
    let above = parent(of: path)
    if above != "." && above != "/" { try createFolder(above) }
    try createFolderSoon(path)
    try synchronizeFolder(of: path)
  }

  /// Creates a folder in one that is there, without waiting for the disk.
  package static func createFolderSoon(_ path: String) throws(FileError) {
    if mkdir(path, 0o755) == 0 { return }
    let failure = FileError(operation: "create folder", path: path)
    // Somebody else may have made it just now.
    guard failure.code == EEXIST && isFolder(path) else { throw failure }
  }

  /// Makes the name of a folder that is there durable: who made it may have died before. One under
  /// a folder that this user may not read is not ours.
  private static func ensureName(of path: String) throws(FileError) {
    do {
      try synchronizeFolder(of: path)
    } catch {
      if error.code != EACCES { throw error }
    }
    try synchronizeFolder(of: path)
  }

  /// Creates a folder of a new name that only this user can enter.
  /// - Returns: its path.
  package static func createPrivateFolder(
    under parent: String, prefix: String
  ) throws(FileError) -> String {
    var path = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
    let isMade = path.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
    guard isMade else { throw FileError(operation: "create a folder in", path: parent) }
    return String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Whether there is a folder of that name.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The bytes of a file, which is not opened; nil when it is not there.
  package static func byteCount(of path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// When a file was written last, in seconds since 1970; nil when it is not there.
  package static func modified(_ path: String) -> Double? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
  }

  /// How long ago a file was written last, by this machine's clock; nil when it is not there.
  package static func age(of path: String) -> Duration? {
    var (status, now) = (stat(), timespec())
    guard stat(path, &status) == 0 else { return nil }
    clock_gettime(CLOCK_REALTIME, &now)
    let written = status.st_mtim
    return .seconds(now.tv_sec - written.tv_sec) + .nanoseconds(now.tv_nsec - written.tv_nsec)
  }

  /// Whether there is a file of that name: no folder, device, pipe or socket.
  package static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether there is something of that name.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The same, where it must be known: what may not be looked at is an error.
  package static func isThere(_ path: String) throws(FileError) -> Bool {
    if exists(path) { return true }
    let failure = FileError(operation: "look at", path: path)
    if failure.isMissing { return false }
    throw failure
  }

  /// The names in a folder, sorted; without `.` and `..`.
  package static func list(_ folder: String) throws(FileError) -> [String] {
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

  /// Removes a file, or a folder with all that is in it. That nothing is there is not an error.
  package static func remove(_ path: String) throws(FileError) {
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

  /// The whole of a file that may be shortened or replaced meanwhile; one that is larger than the
  /// limit is an error.
  package static func readBytes(_ path: String, limitBytes: Int) throws(FileError) -> [UInt8] {
    let file = try FileReader(path)
    let count = try file.stamp().byteCount
    if count > limitBytes { throw FileError(operation: "read", path: path, code: EFBIG) }
    return try file.bytes(at: 0, count: count)
  }

  /// The whole of a file that is small enough to be held; larger ones are an error before anything
  /// is read.
  package static func readText(_ path: String, limitBytes: Int = 16 << 20) throws -> String {
    try DiskFiles().text(of: path, limitBytes: limitBytes)
  }
}
