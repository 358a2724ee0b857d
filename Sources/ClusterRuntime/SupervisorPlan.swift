// What `terrane train` starts.

/// The processes of a run on one machine, by the arguments of their commands.
package struct SupervisorPlan: Sendable {
  package var coordinatorArguments: [String]
  /// One list of arguments a worker.
  package var workerArguments: [[String]]
  /// Where each worker's standard output and error go.
  package var workerLogs: [String]

  package init(
    coordinatorArguments: [String], workerArguments: [[String]], workerLogs: [String]
  ) {
    precondition(workerArguments.count == workerLogs.count)
    self.coordinatorArguments = coordinatorArguments
    self.workerArguments = workerArguments
    self.workerLogs = workerLogs
  }
}
