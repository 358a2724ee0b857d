// What fails on a network is tried again.

import Basics
import CGDAL
import Foundation

enum RemoteRetry {
  /// Times that a piece of work is tried, besides GDAL's own repetitions of single requests.
  static let attempts = 4
  /// Before the second time; it doubles.
  static let firstDelay = 0.5

  /// Runs a piece of work again while it fails for what may pass. Where no path is on a network it
  /// runs once.
  /// - Parameter paths: what it reads; GDAL forgets what it knows of those before the next time.
  static func run<Result>(over paths: [String], _ work: () throws -> Result) throws -> Result {
    let remote = paths.filter(RasterLibrary.isRemote)
    var delay = firstDelay
    for attempt in 1..<(remote.isEmpty ? 1 : attempts) {
      do {
        return try attempt == 1 ? work() : RasterLibrary.onOneThread(work)
      } catch let error as SceneError where error.mayPass {
        Thread.sleep(forTimeInterval: delay)
        delay *= 2
        for path in remote { RasterLibrary.forget(path) }
      }
    }
    return try remote.isEmpty ? work() : RasterLibrary.onOneThread(work)
  }

  /// Whether GDAL's words about a request are of a failure that may pass: of the connection, or of
  /// a server that is busy or broken.
  static func isPassing(_ words: String) -> Bool {
    let code = words.split(separator: " ").last.flatMap { Int($0) }
    return words.contains("CURL error") || code.map { $0 >= 500 || $0 == 429 } ?? false
  }
}

extension SceneError {
  /// False for what stays as it is: wrong content, and answers of servers that are final.
  fileprivate var mayPass: Bool {
    switch self {
    case .unreadable(_, let reason), .notBroughtToGrid(_, let reason):
      ![400, 401, 403, 404, 405, 410].contains { reason.contains("response code: \($0)") }
    default: false
    }
  }
}

extension SceneRecipe {
  /// Of all its rasters, each once.
  package var paths: [String] {
    var seen: Set<String> = []
    return (bands.map(\.raster) + masks.map(\.raster)).filter { seen.insert($0).inserted }
  }
}
