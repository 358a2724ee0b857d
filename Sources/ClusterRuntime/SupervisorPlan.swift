// What `terrane train` starts.

/// The processes of a run on one machine, by the arguments of their commands.
public struct SupervisorPlan: Sendable {
  public var coordinatorArguments: [String]
  /// One list of arguments a worker.
  public var workerArguments: [[String]]
  /// Where each worker's standard output and error go.
  public var workerLogs: [String]

  public init(
    coordinatorArguments: [String], workerArguments: [[String]], workerLogs: [String]
  ) {
    precondition(workerArguments.count == workerLogs.count)
    self.coordinatorArguments = coordinatorArguments
    self.workerArguments = workerArguments
    self.workerLogs = workerLogs
  }
}
