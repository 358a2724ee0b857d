// What can be known about an address before ZeroMQ is asked: its errors on sockets in the file
// system are terse, and it deletes whatever lies at the path.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

enum Address {
  /// `sun_path` with its final NUL.
  static let longestSocketPath = 107

  static func checkScheme(_ address: String) throws(TransportError) {
    guard address.hasPrefix("tcp://") || address.hasPrefix("ipc://"), address.utf8.count > 6,
      !address.utf8.contains(0)
    else { throw .unsupportedAddress(address) }
    if address.hasPrefix("tcp://") {
      // ZeroMQ takes the remainder of a port that is too large.
      let port = address.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
      guard port == "*" || UInt16(port) != nil else { throw .unsupportedAddress(address) }
    }
    if let path = socketPath(address), path.utf8.count > longestSocketPath {
      throw .socketPathTooLong(path: path, bytes: path.utf8.count, limit: longestSocketPath)
    }
  }

  /// Whether a socket may be made at the address. Another process may still be quicker.
  static func checkListenable(_ address: String) throws(TransportError) {
    guard let path = socketPath(address), !path.hasPrefix("@"), path != "*" else { return }
    let folder = Files.parent(of: path)
    var status = stat()
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .folderMissing(path: path, folder: folder)
    }
    guard access(folder, W_OK | X_OK) == 0 else { throw .permissionDenied(address) }
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
    if isAnswered(path) { throw .addressInUse(address) }
  }

  /// Whether nobody but this user, and root, can connect to a listener there: a socket below a
  /// folder that only they can enter.
  static func isPrivate(_ address: String) -> Bool {
    guard let path = socketPath(address), !path.hasPrefix("@"), path != "*" else { return false }
    // As it is, and not as it is called: a link may lead out of a private folder.
    var folder = Files.parent(of: Files.resolved(path))
    while true {
      var status = stat()
      guard stat(folder, &status) == 0 else { return false }
      let ownership = FileOwnership(status)
      if ownership.isOurs && ownership.mode & 0o011 == 0 { return true }
      if folder == "/" { return false }
      folder = Files.parent(of: folder)
    }
  }

  /// What a listener is bound to, in the words of whoever named it: an IPv4 address as such, where
  /// ZeroMQ has it as an IPv6 one.
  static func readable(_ bound: String) -> String {
    let mapped = "tcp://[::ffff:"
    guard bound.hasPrefix(mapped), let end = bound.lastIndex(of: "]"), bound[..<end].contains(".")
    else { return bound }
    return "tcp://" + bound[..<end].dropFirst(mapped.count) + bound[end...].dropFirst()
  }

  /// What others connect to.
  /// - Parameters:
  ///   - bound: readable, as ZeroMQ says what it listens on: `[::]` is all interfaces.
  ///   - machine: its name.
  static func reachable(_ bound: String, onMachine machine: String) -> String {
    if let path = socketPath(bound) { return "ipc://" + Files.absolute(path) }
    guard let colon = bound.lastIndex(of: ":") else { return bound }
    let (host, port) = (bound[..<colon].dropFirst("tcp://".count), bound[colon...])
    if ["[::]", "0.0.0.0", "*"].contains(host) { return "tcp://\(machine)\(port)" }
    return bound
  }

  /// The path of an address whose socket is not in the file system any more.
  static func vanishedSocket(_ address: String) -> String? {
    guard let path = socketPath(address), !path.hasPrefix("@") else { return nil }
    var status = stat()
    return lstat(path, &status) != 0 && errno == ENOENT ? path : nil
  }

  private static func socketPath(_ address: String) -> String? {
    address.hasPrefix("ipc://") ? String(address.dropFirst("ipc://".count)) : nil
  }

  /// Makes a socket where one is going to be, and removes it again: not every file system has any.
  static func tryOut(_ address: String) throws(TransportError) {
    try checkScheme(address)
    try checkListenable(address)
    guard let path = socketPath(address) else { return }
    if let code = attempt(path, bind) {
      throw TransportError(code: code, operation: "listen on", address: address)
    }
    unlink(path)
  }

  /// Whether a living process listens: the socket of a dead one stays behind and refuses. One that
  /// is just going may answer for a moment more, through a child that has not begun its program.
  private static func isAnswered(_ path: String) -> Bool {
    (0..<4).allSatisfy { attempt in
      if attempt > 0 { usleep(50_000) }
      return self.attempt(path, connect) == nil
    }
  }

  /// - Returns: nil when it is done, else the system's code for why not.
  private static func attempt(
    _ path: String, _ verb: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
  ) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if descriptor < 0 { return errno }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        verb(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? nil : errno
      }
    }
  }
}
