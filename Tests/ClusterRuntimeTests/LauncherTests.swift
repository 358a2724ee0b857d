// `terrane train` and its processes, as schedulers, terminals and accidents treat them.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("The launcher") struct LauncherTests {
  @Test(
    "One signal to every process at once is one stop, with a checkpoint of the last step",
    arguments: [SIGTERM, SIGINT, SIGUSR1, SIGXCPU])
  func stopOfAll(signal: Int32) throws {
    let run = try TinyRun("training.steps=4000", "workers.count=2")
    let training = try run.startTraining()
    try run.waitForStep(3)
    let children = training.children.map(\.pid)
    #expect(children.count == 3)
    for number in [training.number] + children { kill(number, signal) }
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue, "\(training.errors)")
    let last = try #require(try run.metrics().steps.last?.step)
    #expect(training.errors.contains("notice stopped on request at step \(last); go on with: "))
    #expect(FileManager.default.fileExists(atPath: run.checkpoint(ofStep: last)))
  }

  @Test(
    "A signal to the coordinator alone is a stop of the whole, with a checkpoint",
    arguments: [SIGINT, SIGHUP, SIGUSR1])
  func stopOfCoordinator(signal: Int32) throws {
    let run = try TinyRun("training.steps=4000")
    let training = try run.startTraining()
    try run.waitForStep(3)
    let coordinator = try #require(
      training.children.first { $0.arguments.contains("coordinator") })
    kill(coordinator.pid, signal)
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue, "\(training.errors)")
    let last = try #require(try run.metrics().steps.last?.step)
    #expect(FileManager.default.fileExists(atPath: run.checkpoint(ofStep: last)))
  }

  @Test("A run whose only worker is asked to leave stops with a checkpoint, and can be resumed")
  func onlyWorkerLeaves() throws {
    let run = try TinyRun("training.steps=4000")
    let training = try run.startTraining()
    try run.waitForStep(3)
    let worker = try #require(training.children.first { $0.arguments.contains("worker") })
    kill(worker.pid, SIGTERM)
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue, "\(training.errors)")
    #expect(training.errors.contains("no worker is left: stopping after a checkpoint"))
    let last = try #require(try run.metrics().steps.last?.step)
    #expect(FileManager.default.fileExists(atPath: run.checkpoint(ofStep: last)))
  }

  private func trainedRun() throws -> TinyRun {
    let run = try TinyRun("training.steps=3", "checkpoints.everySteps=100")
    #expect(try run.startTraining().waitForEnd() == 0)
    return run
  }

  /// A launcher whose coordinator has begun to load, and will not end.
  private func startStalledResumption(of run: TinyRun) throws -> RunningProgram {
    // Whoever opens it waits for a writer.
    try stall(run.checkpoint(ofStep: 3) + "/manifest.json")
    let resuming = try run.startResuming()
    try wait(for: "a coordinator", evidence: resuming.errors) {
      resuming.children.contains { $0.arguments.contains("coordinator") }
    }
    return resuming
  }

  @Test("A launcher that is killed while its coordinator loads leaves nobody behind")
  func orphanThatLoads() throws {
    let run = try trainedRun()
    let resuming = try startStalledResumption(of: run)
    let children = resuming.children.map(\.pid)
    resuming.send(signal: SIGKILL)
    try wait(for: "the end of its processes", evidence: run.log) { children.allSatisfy(isGone) }
  }

  @Test("A launcher that is asked to stop while its coordinator loads stops")
  func stopWhileLoading() throws {
    let run = try trainedRun()
    let resuming = try startStalledResumption(of: run)
    resuming.send(signal: SIGTERM)
    #expect(
      try resuming.waitForEnd() == ExitStatus.stopped.rawValue, "\(resuming.errors)\(run.log)")
  }

  @Test("A supervised process whose launcher is gone ends, whatever it is waiting for")
  func lifeline() throws {
    let folder = try TemporaryFolder()
    try stall(folder.file("configuration.yaml"))
    try stall(folder.file("dataset.json"))
    let commands: [([String], Basics.ExitStatus)] = [
      (
        ["coordinator", "--resume", folder.path, "--insecure", "--listen", "tcp://127.0.0.1:*"],
        .stopped
      ),
      (["worker", "--data", folder.path, "--insecure", "--connect", "tcp://127.0.0.1:1"], .left),
    ]
    for (arguments, status) in commands {
      let lifeline = Pipe()
      let program = try RunningProgram(
        Repository.terrane, arguments + ["--supervised"], input: lifeline.fileHandleForReading)
      try lifeline.fileHandleForWriting.close()
      #expect(try program.waitForEnd() == status.rawValue, "\(program.errors)")
    }
  }

  @Test("Lines that cannot be written are dropped, and nothing else happens")
  func fullTerminal() throws {
    let run = try TinyRun()
    let training = try startTraining(run, "2>/dev/full")
    try run.waitForStep(3)
    let worker = try #require(training.children.first { $0.arguments.contains("worker") })
    kill(worker.pid, SIGKILL)
    #expect(try training.waitForEnd() == 0, "\(run.log)")
    #expect(try run.metrics().count("joined", of: "worker-1") == 2)
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("Nothing that is said gets into a file when the standard streams are closed")
  func closedStreams() throws {
    let run = try TinyRun("training.steps=5")
    #expect(try startTraining(run, "<&- >&- 2>&-").waitForEnd() == 0, "\(run.log)")
    let lines = try run.metricsText().split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("{") }, "\(lines)")
    let lock = try String(contentsOfFile: run.folder + "/lock", encoding: .utf8)
    #expect(lock.hasPrefix("process ") && lock.split(separator: "\n").count == 1, "\(lock)")
  }

  @Test("A closed terminal is a request to stop, unless the program was started to outlive it")
  func hangup() throws {
    let run = try TinyRun("training.steps=4000")
    let training = try run.startTraining()
    try run.waitForStep(1)
    training.send(signal: SIGHUP)
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue, "\(training.errors)")
    let last = try #require(try run.metrics().steps.last?.step)
    #expect(FileManager.default.fileExists(atPath: run.checkpoint(ofStep: last)))

    let other = try TinyRun()
    let ignored = [SIGHUP, SIGINT, SIGUSR1, SIGXCPU]
    let lasting = try startTraining(other, "", after: "trap '' HUP INT USR1 XCPU; ")
    try other.waitForStep(1)
    for number in [lasting.number] + lasting.children.map(\.pid) {
      for signal in ignored { kill(number, signal) }
    }
    #expect(try lasting.waitForEnd() == 0, "\(lasting.errors)")
    #expect(try other.metrics().digests == ReferenceRun.digests())
  }

  @Test("A program whose file is gone starts what runs, and says so")
  func removedProgram() throws {
    let run = try TinyRun()
    let copy = run.file("terrane")
    try FileManager.default.copyItem(atPath: Repository.terrane, toPath: copy)
    let training = try RunningProgram(copy, ["train"] + run.options)
    try run.waitForStep(3)
    try FileManager.default.removeItem(atPath: copy)
    let worker = try #require(training.children.first { $0.arguments.contains("worker") })
    kill(worker.pid, SIGKILL)
    #expect(try training.waitForEnd() == 0, "\(training.errors)")
    #expect(training.errors.contains("\(copy) was removed or replaced; the run goes on"))
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("A run that could not start is none: the same command works when the cause is gone")
  func stillborn() throws {
    let run = try TinyRun("training.steps=2")
    try FileManager.default.createDirectory(
      atPath: run.folder + "/lock", withIntermediateDirectories: true)
    let first = try run.startTraining()
    #expect(try first.waitForEnd() == ExitStatus.failure.rawValue)
    #expect(first.errors.contains("/lock"), "\(first.errors)")
    try FileManager.default.removeItem(atPath: run.folder + "/lock")
    let second = try run.startTraining()
    #expect(try second.waitForEnd() == 0, "\(second.errors)")
  }

  /// But of a worker that is slow: a machine that has much else to do makes some.
  @Test("A run that goes well ends without a warning")
  func noWarning() throws {
    let run = try TinyRun("training.steps=5", "workers.count=2")
    #expect(try run.startTraining().waitForEnd() == 0)
    let warnings = run.log.split(separator: "\n").filter { $0.contains("warning") }
    #expect(warnings.allSatisfy { $0.contains(" is slow: ") }, "\(run.log)")
    #expect(try run.metrics().events.allSatisfy { ["joined", "slow"].contains($0.event) })
  }

  // MARK: -

  /// Through a shell, which gives it other standard streams or signals.
  private func startTraining(
    _ run: TinyRun, _ streams: String, after preparation: String = ""
  ) throws -> RunningProgram {
    try RunningProgram(
      "/bin/sh",
      ["-c", preparation + "exec \"$0\" \"$@\" \(streams)", Repository.terrane, "train"]
        + run.options)
  }

  /// Puts a file in a place that nobody can open to its end: a pipe without a writer.
  private func stall(_ path: String) throws {
    try? FileManager.default.removeItem(atPath: path)
    guard mkfifo(path, 0o600) == 0 else {
      throw FileError(operation: "make a pipe of", path: path)
    }
  }

  private func isGone(_ number: Int32) -> Bool {
    !FileManager.default.fileExists(atPath: "/proc/\(number)")
  }
}
