// What `terrane train` starts.

import Observability
import TrainingRun

/// The processes of a run on one machine, by the arguments of their commands.
package struct SupervisorPlan: Sendable {
  package var coordinatorArguments: [String]
  /// One list of arguments a worker.
  package var workerArguments: [[String]]
  /// Where each worker's standard output and error go.
  package var workerLogs: [String]
  /// Nil where checkpoints are not probed.
  package var probes: ProbePlan?

  package init(
    coordinatorArguments: [String], workerArguments: [[String]], workerLogs: [String],
    probes: ProbePlan? = nil
  ) {
    precondition(workerArguments.count == workerLogs.count)
    self.probes = probes
    self.coordinatorArguments = coordinatorArguments
    self.workerArguments = workerArguments
    self.workerLogs = workerLogs
  }
}

/// How checkpoints are probed while a run goes on.
package struct ProbePlan: Sendable {
  package let folder: RunFolder
  /// Steps from one probed checkpoint to the next, at least.
  package let everySteps: Int
  /// As somebody would type them, all but which checkpoint.
  package let arguments: [String]

  /// Nil where the run's configuration names no labels.
  package init?(_ run: PreparedRun) {
    let evaluation = run.configuration.evaluation
    guard let labels = evaluation.probe else { return nil }
    folder = run.folder
    everySteps = evaluation.probeEverySteps
    var arguments = ["probe", run.folder.path, "--labels", labels, "--record"]
    if let field = evaluation.probeField { arguments += ["--field", field] }
    if let split = evaluation.probeSplit { arguments += ["--split", split] }
    if let band = evaluation.probeBand { arguments += ["--label-band", "\(band)"] }
    self.arguments = arguments + run.configuration.data.folder.flatMap { ["--data", $0] }
  }

  /// For a process that ends with this one.
  static func ofChild(threads: Int) -> [String] { ["--supervised", "--threads", "\(threads)"] }

  /// Where a probe's standard output and error go.
  var log: String { folder.probeLog }
}
