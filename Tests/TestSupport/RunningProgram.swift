// A program under way: watched, signalled, and never left behind.

import Basics
import Foundation
import Synchronization

/// A process of a test. It is killed when the last reference goes. Its output goes to files, which
/// never fill up as pipes do.
///
/// `@unchecked Sendable`: the process is made and started in `init`, and asked and signalled by its
/// number.
package final class RunningProgram: @unchecked Sendable {
  private let scratch: TemporaryFolder
  private let process = Process()

  package init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    input: FileHandle = .nullDevice
  ) throws {
    scratch = try TemporaryFolder()
    for name in ["output", "errors"] { try scratch.write("", to: name) }
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    let files = ["output", "errors"].map { FileHandle(forWritingAtPath: scratch.file($0)) }
    // Foundation would keep them open, and many open files are the end of its `Process`.
    defer { for file in files { try? file?.close() } }
    process.standardOutput = files[0]
    process.standardError = files[1]
    // Tests that a shell runs in the background ignore it, and a program would inherit that.
    signal(SIGINT, SIG_DFL)
    try process.run()
  }

  deinit { kill() }

  package var output: String { text("output") }
  package var errors: String { text("errors") }

  package var hasEnded: Bool { !process.isRunning }

  package var number: Int32 { process.processIdentifier }

  /// - Returns: the exit status, or 128 and the number of the signal that ended it.
  /// - Throws: `TimedOut`, after killing it.
  @discardableResult
  package func waitForEnd() throws -> Int32 {
    defer { kill() }
    try wait(for: "the end of \(name)", evidence: errors) { hasEnded }
    let status = process.terminationStatus
    return process.terminationReason == .uncaughtSignal ? 128 + status : status
  }

  /// Returns when the text is on standard error.
  package func waitForError(_ text: String) throws {
    try wait(for: "'\(text)' from \(name)", evidence: errors) {
      if errors.contains(text) { return true }
      if hasEnded && !errors.contains(text) {
        throw TimedOut(description: "\(name) ended without saying '\(text)':\n\(errors)")
      }
      return false
    }
  }

  package func send(signal: Int32) {
    if process.isRunning { Foundation.kill(process.processIdentifier, signal) }
  }

  /// The processes that this one started, oldest first, with their arguments.
  package var children: [(pid: Int32, arguments: [String])] {
    let parent = process.processIdentifier
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")) ?? []
    let numbers = tasks.flatMap { task in
      Self.procText("/proc/\(parent)/task/\(task)/children").split(separator: " ")
        .compactMap { Int32($0) }
    }
    return numbers.sorted().map { number in
      (number, Self.procText("/proc/\(number)/cmdline").split(separator: "\0").map(String.init))
    }
  }

  /// Kills the program and what it started, and returns when it is gone.
  package func kill() {
    guard process.isRunning else { return }
    for child in children { Foundation.kill(child.pid, SIGKILL) }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  private var name: String {
    URL(fileURLWithPath: process.executableURL?.path ?? "").lastPathComponent + " "
      + (process.arguments ?? []).joined(separator: " ")
  }

  private func text(_ file: String) -> String {
    (try? String(contentsOfFile: scratch.file(file), encoding: .utf8)) ?? ""
  }

  /// Files of /proc claim to be empty, so they are read to their end; that of a process which has
  /// just ended cannot be read, and is empty.
  private static func procText(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var (text, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while case let count = fread(&bytes, 1, bytes.count, file), count > 0 {
      text += bytes[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }
}
