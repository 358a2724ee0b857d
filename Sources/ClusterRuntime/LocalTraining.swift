// `terrane train`: where the processes on this machine meet, and what each is started with.

import Basics
import TrainingRun

#if canImport(Glibc)
  import Glibc
#endif

package struct LocalTraining {
  private let happenings = BlockingQueue<Supervisor.Happening>(capacity: 4096)
  private let listener: StopListener

  /// To be made before anything else: from now on a request to stop ends the process.
  package init() throws {
    let happenings = happenings
    listener = try StopListener(status: .stopped) { happenings.send(.childEnded) }
  }

  /// Runs to the end.
  /// - Parameter waitsForLock: whether another coordinator at work in the run's folder, which came
  ///   after `run` was prepared, is waited for.
  package func train(_ run: PreparedRun, waitsForLock: Bool) throws -> ExitStatus {
    let happenings = happenings
    listener.handOver { happenings.send(.stopRequested) }
    // Whoever clears logs away may take their folder too.
    try Files.createFolder(run.folder.logs)
    return try run.withdrawnIfStillborn {
      try run.checkHoldsAllShards()
      if run.isNew, let probes = ProbePlan(run), let end = try ProbeCheck.run(probes, happenings) {
        return end
      }
      let meetingPlace = try MeetingPlace(of: run.folder.path)
      defer { meetingPlace.remove() }
      var plan = Self.plan(run, address: meetingPlace.address)
      if waitsForLock { plan.coordinatorArguments.append("--wait-for-lock") }
      return try Supervisor(plan: plan, happenings: happenings, say: Self.say).run()
    }
  }

  private static func plan(_ run: PreparedRun, address: String) -> SupervisorPlan {
    let configuration = run.configuration
    let workers = (0..<configuration.workers.count).map { number in
      [
        "worker", "--connect", address, "--threads", "\(configuration.workers.threads)", "--name",
        "worker-\(number + 1)",
        "--wait", "\(Int(configuration.liveness.coordinatorTimeout.seconds))", "--supervised",
      ] + configuration.data.folder.map { "--data=\($0)" }
    }
    return SupervisorPlan(
      coordinatorArguments: [
        "coordinator", "--resume=\(run.folder.path)", "--run", run.identity,
        "--listen", address, "--supervised",
      ] + run.overrides.flatMap { ["--set", $0] },
      workerArguments: workers,
      workerLogs: workers.indices.map { run.folder.workerLog($0 + 1) }, probes: ProbePlan(run))
  }

  /// A line for the user. On a terminal it takes the place of the coordinator's live line, which
  /// comes back.
  private static func say(_ line: String) {
    let start = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
    StandardStreams.write("\(start)terrane: \(line.visible)\n", to: STDERR_FILENO)
  }
}
