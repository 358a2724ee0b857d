// Where the files of a run lie.

import Foundations

/// The folder of one run.
public struct RunFolder: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// The resolved configuration.
  public var configuration: String { path + "/configuration.yaml" }
  public var checkpoints: String { path + "/checkpoints" }
  /// The steps since the newest checkpoints.
  public var journal: String { path + "/journal" }
  /// One JSON object a line: steps, evaluations, events.
  public var metrics: String { path + "/metrics.jsonl" }
  public var logs: String { path + "/logs" }
  public var coordinatorLog: String { logs + "/coordinator.log" }

  /// Held by the one coordinator that may write here.
  public var lock: String { path + "/lock" }

  public func workerLog(_ number: Int) -> String { logs + "/worker-\(number).log" }

  public var holdsRun: Bool { Files.exists(configuration) }

  /// Whether no coordinator has been at work here: nobody has joined, nothing was saved.
  var isUntouched: Bool {
    let hasLines = (try? MappedFile(metrics).bytes.isEmpty) == false
    let hasCheckpoints = (try? Files.list(checkpoints).isEmpty) == false
    return !hasLines && !hasCheckpoints
  }
}
