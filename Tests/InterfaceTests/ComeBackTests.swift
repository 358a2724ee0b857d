// Cluster/slurm/come-back with a Slurm that is two scripts. Not here: a real one, which
// Cluster/slurm/test starts.

import Foundation
import TestSupport
import Testing

@Suite("Cluster/slurm/come-back") struct ComeBackTests {
  private let folder: TemporaryFolder

  /// `squeue` prints what stands in `restarts`; `scontrol` writes down what it is asked for.
  init() throws {
    folder = try TemporaryFolder()
    for name in ["bin", "run"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: true)
    }
    try tool("squeue", "cat '\(folder.file("restarts"))'")
    try tool("scontrol", "echo \"$@\" >>'\(folder.file("asked"))'")
    try slurm(says: "0")
  }

  private func tool(_ name: String, _ text: String) throws {
    try folder.write("#!/bin/sh\n\(text)\n", to: "bin/\(name)")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.file("bin/\(name)"))
  }

  /// How often the job that runs was begun again; nothing where none runs.
  private func slurm(says restarts: String) throws {
    try folder.write(restarts + "\n", to: "restarts")
  }

  private var asked: String {
    (try? String(contentsOfFile: folder.file("asked"), encoding: .utf8)) ?? ""
  }

  private func environment(_ more: [String: String]) -> [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let own = ["PATH": folder.file("bin") + ":" + path, "SLURM_JOB_ID": "7", "LOOK": "1"]
    return own.merging(more) { $1 }
  }

  private func comeBack(_ program: String, _ more: [String: String] = [:]) throws -> Outcome {
    try run(
      Repository.root + "/Cluster/slurm/come-back", [folder.file("run"), "/bin/sh", "-c", program],
      environment: environment(more))
  }

  @Test("A program that was stopped is begun again, and what failed or was cancelled is not")
  func requeues() throws {
    #expect(try comeBack("exit 75").status == 75)
    #expect(asked == "requeue 7\n")
    let element = ["SLURM_ARRAY_JOB_ID": "5", "SLURM_ARRAY_TASK_ID": "3"]
    #expect(try comeBack("exit 79", element).status == 79)
    #expect(asked == "requeue 7\nrequeue 5_3\n")
    #expect(try comeBack("exit 1").status == 1)
    try slurm(says: "")
    #expect(try comeBack("exit 75").status == 75)
    #expect(asked == "requeue 7\nrequeue 5_3\n")
  }

  @Test("The end of the run is marked, and a job that begins after it does nothing")
  func marks() throws {
    #expect(try comeBack("exit 0").status == 0)
    #expect(FileManager.default.fileExists(atPath: folder.file("run/done")))
    #expect(try comeBack("exit 1").status == 0)
  }

  @Test("The warning before the time limit, which only the script gets, reaches the program")
  func warns() throws {
    let program = "trap 'exit 75' USR1; echo on; while :; do sleep 0.1; done"
    // Threads of the tests block signals, which what they start would inherit.
    let unblocked = """
      import os, signal, sys
      signal.pthread_sigmask(signal.SIG_SETMASK, [])
      os.execv(sys.argv[1], sys.argv[1:])
      """
    let running = try RunningProgram(
      "/usr/bin/env",
      [
        "python3", "-c", unblocked, Repository.root + "/Cluster/slurm/come-back",
        folder.file("run"), "/bin/sh", "-c", program,
      ], environment: environment([:]))
    try wait(for: "the program", evidence: running.errors) { running.output.contains("on\n") }
    running.send(signal: SIGUSR1)
    #expect(try running.waitForEnd() == 75)
    #expect(asked == "requeue 7\n")
  }

  @Test("A job that was begun again elsewhere gives way, and is not begun a third time")
  func givesWay() throws {
    try slurm(says: "1")
    let outcome = try comeBack("trap 'exit 75' USR1; while :; do sleep 0.1; done")
    #expect(outcome.status == 75)
    #expect(outcome.errors.contains("begun it again elsewhere: it ends here"))
    #expect(asked == "")
  }

  @Test("Outside of a job it says what it is for")
  func outside() throws {
    let outcome = try comeBack("exit 0", ["SLURM_JOB_ID": ""])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("come-back runs in a job of Slurm"))
  }
}
