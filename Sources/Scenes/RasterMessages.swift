// What GDAL says while it works: its errors and warnings, caught instead of printed.

import Basics
import CGDAL
import Synchronization

/// Collects what GDAL says on one thread.
package final class RasterMessages {
  /// In the order in which they came, each once, at most `limit`.
  package private(set) var errors: [String] = []
  package private(set) var warnings: [String] = []
  private static let limit = 8

  /// The last error on a thread on which nobody collects, as GDAL's own threads are, which decode.
  /// Readers on several threads may take each other's; it is used where nothing else is said.
  private static let elsewhere = Mutex("")

  /// What GDAL is to call where nobody collects; it prints nothing.
  static let handleElsewhere: CPLErrorHandler = { level, _, text in
    guard level == CE_Failure, let text else { return }
    let words = String(cString: text)
    RasterMessages.elsewhere.withLock { $0 = words }
  }

  package init() {}

  /// Runs a piece of work and keeps what GDAL says meanwhile.
  package func collect<Result>(_ work: () throws -> Result) rethrows -> Result {
    CPLErrorReset()
    Self.elsewhere.withLock { $0 = "" }
    // Unretained: the handler goes before this function returns.
    CPLPushErrorHandlerEx(
      { level, _, text in
        guard let text, let target = CPLGetErrorHandlerUserData() else { return }
        Unmanaged<RasterMessages>.fromOpaque(target).takeUnretainedValue()
          .add(String(cString: text), isWarning: level == CE_Warning, isError: level == CE_Failure)
      }, Unmanaged.passUnretained(self).toOpaque())
    defer { CPLPopErrorHandler() }
    return try work()
  }

  /// The last error on one line, without the path that the caller says anyway.
  package func reason(about path: String) -> String {
    let last = CPLGetLastErrorMsg().map { String(cString: $0) } ?? ""
    var text = errors.last ?? last
    if text.isEmpty { text = Self.elsewhere.withLock { $0 } }
    if text.isEmpty { return Self.silence(about: path) }
    let rest = text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    return rest.visible
  }

  private static func silence(about path: String) -> String {
    RasterLibrary.isRemote(path)
      ? "the server does not send all of it" : "GDAL does not say why; is the file whole?"
  }

  private func add(_ text: String, isWarning: Bool, isError: Bool) {
    if isError { Self.append(text, to: &errors) }
    // A request that is repeated is nobody's business once it is answered.
    if isWarning && !text.contains("Retrying again") { Self.append(text, to: &warnings) }
  }

  /// The newest error counts, the first warnings do.
  private static func append(_ text: String, to list: inout [String]) {
    if list.contains(text) { return }
    if list.count == limit { list.removeFirst() }
    list.append(text)
  }
}
