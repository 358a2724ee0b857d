// What a process says: lines in its log file, and on the console if it has one. The sink behind
// swift-log's `Logger`; it sets up no global state.

import Basics
import Logging
import Synchronization

/// Where the loggers of one process write:
/// `2026-11-22T00:31:07Z info worker joined worker=2 address=tcp://10.0.0.7:4102`.
package final class RunLog: Sendable {
  private let file: Mutex<LineFile?>
  private let console: Console?
  private let consoleLevel: Logger.Level
  private let clock: @Sendable () -> WallTime

  /// - Parameters:
  ///   - path: the log file, appended to; nil for none.
  ///   - console: nil for a process that shares its terminal with one that draws a live line.
  ///   - consoleLevel: what is less severe goes to the file alone.
  package init(
    path: String?, console: Console?, consoleLevel: Logger.Level = .info,
    clock: @escaping @Sendable () -> WallTime = WallTime.now
  ) throws(FileError) {
    if let path {
      file = Mutex(try LineFile(appendingTo: path))
    } else {
      file = Mutex(nil)
    }
    self.console = console
    self.consoleLevel = consoleLevel
    self.clock = clock
  }

  /// A logger that writes here.
  package func logger(label: String, level: Logger.Level = .info) -> Logger {
    Logger(label: label, factory: { _ in Handler(log: self, logLevel: level) })
  }

  private func write(_ event: LogEvent, metadata: Logger.Metadata) {
    let line = Self.line(
      at: clock(), level: event.level, message: event.message.description, metadata: metadata)
    let failure = file.withLock { file in Self.append(line, to: &file) }
    if let console {
      if let failure { console.log("\(failure); the log goes on without its file") }
      if event.level >= consoleLevel { console.log(line) }
    }
  }

  /// A log that cannot be written must not end the run it tells of: the file is given up, once.
  private static func append(_ line: String, to file: inout LineFile?) -> FileError? {
    do throws(FileError) {
      try file?.append(line)
      return nil
    } catch {
      file = nil
      return error
    }
  }

  /// The text of one event, on one line whatever it holds; metadata in the order of its keys.
  package static func line(
    at time: WallTime, level: Logger.Level, message: String, metadata: Logger.Metadata
  ) -> String {
    let pairs = metadata.sorted { $0.key < $1.key }.map { key, value in
      "\(bare(key))=\(bare("\(value)"))"
    }
    return (["\(time)", "\(level)", message.visible] + pairs).joined(separator: " ")
  }

  /// The text as it is when it reads as one word, else quoted.
  private static func bare(_ text: String) -> String {
    let isWord = !text.isEmpty && !text.contains { " \"=".contains($0) } && text.visible == text
    return isWord ? text : JSONText.quoted(text)
  }

  private struct Handler: LogHandler {
    let log: RunLog
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(log: RunLog, logLevel: Logger.Level) {
      self.log = log
      self.logLevel = logLevel
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      var all = metadata
      all.merge(metadataProvider?.get() ?? [:]) { $1 }
      all.merge(event.metadata ?? [:]) { $1 }
      if let error = event.error { all["error"] = "\(error)" }
      log.write(event, metadata: all)
    }
  }
}
