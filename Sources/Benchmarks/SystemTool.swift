// Short-lived programs of the system, by name. Not for processes of Terrane: see ChildProcess.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

enum SystemTool {
  /// Where administrators' programs lie, also for those whose PATH does not say so.
  private static let folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]

  static func run(_ name: String, _ arguments: String...) throws(LinkEmulationError) {
    try run(name, arguments)
  }

  /// Runs it to its end, in the network that the calling thread is in.
  /// - Throws: `LinkEmulationError` with what it said, where it is not there or fails.
  static func run(_ name: String, _ arguments: [String]) throws(LinkEmulationError) {
    guard let path = folders.map({ "\($0)/\(name)" }).first(where: Files.exists) else {
      throw LinkEmulationError(description: "there is no program \(name) (iproute2)")
    }
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw failure(of: name, errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_adddup2(&actions, ends[1], stream)
    }
    var words = ([name] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var number = pid_t()
    let code = posix_spawn(&number, path, &actions, nil, words, environ)
    close(ends[1])
    guard code == 0 else { throw failure(of: name, code) }
    let said = text(from: ends[0])
    var status: Int32 = 0
    while waitpid(number, &status, 0) < 0 && errno == EINTR {}
    guard status == 0 else {
      let command = ([name] + arguments).joined(separator: " ")
      throw LinkEmulationError(description: "'\(command)' failed: \(said.visible)")
    }
  }

  private static func failure(of name: String, _ code: Int32) -> LinkEmulationError {
    LinkEmulationError(
      description: "\(name) could not be started: \(String(cString: strerror(code)))")
  }

  /// The first kilobytes of what comes until the other end is closed.
  private static func text(from descriptor: Int32) -> String {
    var said: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      if said.count < buffer.count { said += buffer[..<count] }
    }
    return String(decoding: said, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
  }
}
