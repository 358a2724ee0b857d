// Whether the probes of a new run could begin: asked before it starts, of the program that carries
// them out, so that a mistake in the configuration does not show hours later.

import Basics
import TrainingRun

#if canImport(Glibc)
  import Glibc
#endif

enum ProbeCheck {
  /// Waits for the answer. A request to stop ends it.
  /// - Returns: nil where the run can start; else the status to end with.
  /// - Throws: `RunError` with what is wrong with the labels; `FileError`.
  static func run(
    _ plan: ProbePlan, _ happenings: BlockingQueue<Supervisor.Happening>
  ) throws -> ExitStatus? {
    let process = try start(plan)
    while true {
      if let ending = process.reap() {
        if ending == .status(0) { return nil }
        let reason = reason(plan)
        // It says no more than the error does.
        try Files.remove(plan.log)
        throw RunError(description: "evaluation.probe cannot be: \(reason)")
      }
      if case .stopRequested? = happenings.receive(timeout: ProbeWatch.interval) {
        process.kill()
        var status: Int32 = 0
        waitpid(process.number, &status, 0)
        return .stopped
      }
    }
  }

  private static func start(_ plan: ProbePlan) throws(FileError) -> ChildProcess {
    let log = open(plan.log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if log < 0 { throw FileError(operation: "open", path: plan.log) }
    defer { close(log) }
    return try ChildProcess(
      arguments: plan.arguments + ProbePlan.ofChild(threads: 1) + ["--check"], output: log)
  }

  /// The error as the log has it.
  private static func reason(_ plan: ProbePlan) -> String {
    let text = (try? Files.readText(plan.log, limitBytes: 1 << 20)) ?? ""
    let start = "Error: "
    let line = text.split(separator: "\n").last { $0.hasPrefix(start) }
    return line.map { String($0.dropFirst(start.count)) } ?? String(text.suffix(2000)).visible
  }
}
