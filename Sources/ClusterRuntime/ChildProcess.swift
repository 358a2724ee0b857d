// A process that this one starts from its own program. Not for other programs.

import Basics
import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// A process of this program under way, until `reap` says how it ended. Its standard input is the
/// lifeline that `StopListener` listens to: it ends with this process, however this one ends.
package final class ChildProcess {
  /// How a process ended.
  package enum Ending: Equatable {
    case status(Int32)
    case signal(Int32)

    /// Nil for one by a signal.
    package var exitStatus: ExitStatus? {
      switch self {
      case .status(let status): ExitStatus(rawValue: status) ?? .failure
      case .signal: nil
      }
    }
  }

  package let number: pid_t
  /// What it took, once it has ended.
  package private(set) var usage: ResourceUsage?
  /// This end of the lifeline. Only this process has it: it is closed in all that are started.
  private let lifeline: Int32

  /// - Parameter output: takes standard output and error; nil for those of this process.
  /// - Throws: `FileError` when the process cannot be started.
  package init(arguments: [String], output: Int32?) throws(FileError) {
    var ends: [Int32] = [0, 0]
    if pipe(&ends) != 0 { throw FileError(operation: "make", path: "a pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    if let output {
      posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
      posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    }
    var attributes = Self.attributes()
    defer { posix_spawnattr_destroy(&attributes) }
    let program = Self.program
    var number = pid_t()
    let code = Self.withCStrings([CommandLine.arguments[0]] + arguments) { arguments in
      Self.withCStrings(Self.environment) { environment in
        posix_spawn(&number, program, &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else {
      close(ends[1])
      throw FileError(operation: "start", path: program, code: code)
    }
    self.number = number
    lifeline = ends[1]
  }

  deinit { close(lifeline) }

  /// Asks it to stop. One that has ended meanwhile hears nothing.
  func askToStop(_ word: LauncherWord = .stop) {
    var byte = word.rawValue
    _ = write(lifeline, &byte, 1)
  }

  package func kill() { _ = Glibc.kill(number, SIGKILL) }

  /// How it ended; nil while it runs. To be called until it has told.
  package func reap() -> Ending? {
    var status: Int32 = 0
    var usage = rusage()
    guard wait4(number, &status, WNOHANG, &usage) == number else { return nil }
    self.usage = ResourceUsage(usage)
    let signal = status & 0x7F
    return signal == 0 ? .status((status >> 8) & 0xFF) : .signal(signal)
  }

  /// What a process took of the machine.
  package struct ResourceUsage: Sendable {
    /// On all processors, in the program and in the system.
    package let processorSeconds: Double
    /// The most memory that it held.
    package let peakBytes: Int

    fileprivate init(_ usage: rusage) {
      let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
      processorSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
      peakBytes = usage.ru_maxrss << 10
    }
  }

  /// What runs here, also when its file was removed or replaced meanwhile. Its own name is
  /// preferred, for those who list processes.
  private static var program: String {
    let isThere = lostProgram == nil
    return isThere ? name(of: running) ?? running : running
  }

  /// The program's file, when it was removed or replaced since this process started; nil otherwise.
  static var lostProgram: String? {
    guard let path = name(of: running) else { return nil }
    var (named, own) = (stat(), stat())
    let isThere =
      stat(path, &named) == 0 && stat(running, &own) == 0 && named.st_dev == own.st_dev
      && named.st_ino == own.st_ino
    let mark = " (deleted)"
    return isThere ? nil : path.hasSuffix(mark) ? String(path.dropLast(mark.count)) : path
  }

  private static let running = "/proc/self/exe"

  /// What a symbolic link says.
  private static func name(of link: String) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(link, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static var environment: [String] {
    ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
  }

  /// No signal is blocked, and those that this process ignores for itself are not ignored.
  private static func attributes() -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGPIPE, SIGXFSZ] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return attributes
  }

  /// A pointer's array as C takes it, with nil at its end, for as long as `body` runs.
  private static func withCStrings(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
  ) -> Int32 {
    let pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
  }
}
