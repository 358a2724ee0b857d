// Where the files of a run lie.

import Basics

/// The folder of one run.
package struct RunFolder: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// The resolved configuration.
  package var configuration: String { path + "/configuration.yaml" }
  /// What its parameters were before the first step, where they were not random.
  package var initial: String { path + "/initial.safetensors" }
  package var checkpoints: String { path + "/checkpoints" }
  /// The steps since the newest checkpoints.
  package var journal: String { path + "/journal" }
  /// One JSON object a line: steps, evaluations, events.
  package var metrics: String { path + "/metrics.jsonl" }
  /// How it goes, by the coordinator that is at work.
  package var status: String { path + "/status.json" }
  /// What it came to, by the coordinator that ended.
  package var summary: String { path + "/summary.json" }
  /// The newest sheet of reconstructions, if somebody drew one here.
  package var picture: String { path + "/reconstruction.png" }
  /// One JSON object a line: what probes found in checkpoints. No part of the run's numbers.
  package var probes: String { path + "/probes.jsonl" }
  package var logs: String { path + "/logs" }
  package var coordinatorLog: String { logs + "/coordinator.log" }

  /// Held by the one coordinator that may write here.
  package var lock: String { path + "/lock" }

  package var probeLog: String { logs + "/probe.log" }
  package func workerLog(_ number: Int) -> String { logs + "/worker-\(number).log" }

  package var holdsRun: Bool { Files.exists(configuration) }

  /// The same, where a folder that may not be looked into is an error.
  func checkedHoldsRun() throws(FileError) -> Bool { try Files.isThere(configuration) }

  /// Removes what a run that never began has left empty; logs that say something stay. Only for who
  /// holds the lock, which goes with the folder.
  /// - Parameter withItself: whether the folder goes too, when nothing else is in it.
  func sweep(withItself: Bool) {
    func names(in folder: String) -> [String] { (try? Files.list(folder)) ?? [] }
    let files = [metrics] + names(in: logs).map { logs + "/" + $0 }
    for file in files where Files.isRegular(file) {
      if (try? Files.readBytes(file, limitBytes: 0))?.isEmpty == true { try? Files.remove(file) }
    }
    for folder in [logs, checkpoints] where Files.isFolder(folder) && names(in: folder).isEmpty {
      try? Files.remove(folder)
    }
    let isEmpty = names(in: path).allSatisfy { path + "/" + $0 == lock }
    if withItself && isEmpty { try? Files.remove(path) }
  }

  /// Whether no coordinator has been at work here: nobody has joined, nothing was saved.
  var isUntouched: Bool {
    let hasLines = (try? MappedFile(metrics).bytes.isEmpty) == false
    let hasCheckpoints = (try? Files.list(checkpoints).isEmpty) == false
    return !hasLines && !hasCheckpoints
  }
}
