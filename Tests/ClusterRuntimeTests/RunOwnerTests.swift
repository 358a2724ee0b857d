// Whose a run's folder is: one process at a time, one run for good, whatever is removed meanwhile.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Who may write into a run's folder") struct RunOwnerTests {
  @Test("A removed lock lets nobody into a run at work, and is put back")
  func removedLock() throws {
    let run = try TinyRun("training.steps=4000")
    let training = try run.startTraining()
    try run.waitForStep(3)
    try FileManager.default.removeItem(atPath: run.folder + "/lock")
    let second = try terrane(
      "coordinator", "--resume", run.folder, "--insecure", "--listen", "tcp://127.0.0.1:*")
    #expect(second.status == ExitStatus.runIsHeld.rawValue, "\(second.errors)")
    let verified = try terrane("verify", run.folder)
    #expect(verified.output.contains("another process is at work in the run"), "\(verified.output)")
    try wait(for: "the lock to be back", evidence: run.log) {
      run.log.contains("it was put back") && Files.exists(run.folder + "/lock")
    }
    let third = try terrane(
      "coordinator", "--resume", run.folder, "--insecure", "--listen", "tcp://127.0.0.1:*")
    #expect(third.errors.contains("another coordinator (process "), "\(third.errors)")
    training.send(signal: SIGTERM)
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue, "\(run.log)")
    #expect(try terrane("verify", run.folder).status == 0)
  }

  @Test("A run whose folder is moved away stops, and goes on where it lies now")
  func movedFolder() throws {
    let run = try TinyRun("training.steps=4000")
    let training = try run.startTraining()
    try run.waitForStep(3)
    try FileManager.default.moveItem(atPath: run.folder, toPath: run.file("moved"))
    #expect(try training.waitForEnd() == ExitStatus.failure.rawValue, "\(training.errors)")
    #expect(training.errors.contains("was moved or removed while the run was at work"))
    let other = try RunMetrics(ofRun: run.file("moved"))
    let resumed = try RunningProgram(
      Repository.terrane, ["train", "--resume", run.file("moved")])
    try wait(for: "another step", evidence: resumed.errors) {
      try RunMetrics(ofRun: run.file("moved")).steps.count > other.steps.count
    }
    resumed.send(signal: SIGTERM)
    #expect(try resumed.waitForEnd() == ExitStatus.stopped.rawValue, "\(resumed.errors)")
    #expect(try terrane("verify", run.file("moved")).status == 0)
  }

  @Test("Of two launchers that begin in one folder at once, one computes what it was asked for")
  func twoLaunchers() throws {
    let run = try TinyRun("training.steps=3")
    let launchers = try (1...2).map { seed in
      try RunningProgram(
        Repository.terrane, ["train"] + run.options + ["--set", "run.seed=\(seed)"])
    }
    let statuses = try launchers.map { try $0.waitForEnd() }
    let winner = try #require(statuses.firstIndex(of: 0), "\(launchers.map(\.errors))")
    let loser = launchers[1 - winner]
    #expect(statuses[1 - winner] != 0)
    #expect(
      loser.errors.contains("holds a run already") || loser.errors.contains("is at work in"),
      "\(loser.errors)")
    let saved = try String(contentsOfFile: run.folder + "/configuration.yaml", encoding: .utf8)
    #expect(saved.contains("\n  seed: \(winner + 1)\n"))
    #expect(try terrane("verify", run.folder).status == 0)
  }

  @Test("What another run left stays alone; the run itself may begin again where it was")
  func leftovers() throws {
    let run = try TinyRun("training.steps=3")
    #expect(try run.startTraining().waitForEnd() == 0)
    let configuration = run.folder + "/configuration.yaml"
    let saved = try String(contentsOfFile: configuration, encoding: .utf8)
    try FileManager.default.removeItem(atPath: configuration)
    let lock = try String(contentsOfFile: run.folder + "/lock", encoding: .utf8)
    for places in [["checkpoints"], []] {
      let other = try TestSupport.run(
        Repository.terrane, ["train"] + run.options + ["--set", "run.seed=2"])
      #expect(other.status == ExitStatus.failure.rawValue)
      #expect(other.errors.contains(" belongs to run "), "\(other.errors)")
      #expect(!Files.exists(configuration))
      #expect(try String(contentsOfFile: run.folder + "/lock", encoding: .utf8) == lock)
      for place in places { try Files.remove(run.folder + "/" + place) }
    }
    #expect(try run.startTraining().waitForEnd() == 0, "\(run.log)")
    #expect(try String(contentsOfFile: configuration, encoding: .utf8) == saved)
  }

  @Test("A coordinator computes no other run than its launcher saw")
  func otherRun() throws {
    let run = try TinyRun("training.steps=3")
    #expect(try run.startTraining().waitForEnd() == 0)
    let outcome = try terrane(
      "coordinator", "--resume", run.folder, "--run", "0", "--insecure", "--listen",
      "tcp://127.0.0.1:*")
    #expect(outcome.status == ExitStatus.failure.rawValue)
    #expect(outcome.errors.contains(" now, and run 0 was to be computed"), "\(outcome.errors)")
  }

  @Test("Folders whose names begin with a hyphen or stand relative to another place are found")
  func oddNames() throws {
    let run = try TinyRun("training.steps=3")
    let place = run.file("place")
    try Files.createFolder(place + "/elsewhere")
    _ = try SampleDataset.copy(to: place + "/-data")
    let script = """
      cd "$1" && shift && "$0" train "$@" --set run.folder=-run --set data.folder=-data \\
        && cd elsewhere && "$0" verify ../-run && "$0" train --resume=../-run
      """
    let outcome = try TestSupport.run(
      "/bin/bash", ["-c", script, Repository.terrane, place] + run.options)
    #expect(outcome.status == 0, "\(outcome.errors)")
    try FileManager.default.moveItem(atPath: place + "/-data", toPath: place + "/moved")
    let lost = try terrane("verify", place + "/-run")
    #expect(lost.errors.contains("is not at \(place)/-data") && !lost.errors.contains("ingest"))
    #expect(try terrane("verify", place + "/-run", "--data", place + "/moved").status == 0)
  }

  @Test("A coordinator that is stopped for want of workers says so")
  func noWorkers() throws {
    let run = try TinyRun("training.steps=3")
    let lifeline = Pipe()
    let coordinator = try RunningProgram(
      Repository.terrane,
      ["coordinator", "--insecure", "--listen", "tcp://127.0.0.1:*", "--supervised"] + run.options,
      input: lifeline.fileHandleForReading)
    try wait(for: "the coordinator", evidence: run.log) { run.log.contains(" listens on ") }
    // As the launcher's `LauncherWord` says it.
    try lifeline.fileHandleForWriting.write(contentsOf: Data([2]))
    #expect(try coordinator.waitForEnd() == ExitStatus.stopped.rawValue, "\(coordinator.errors)")
    #expect(
      coordinator.errors.contains("stopped for want of workers at step 0; go on with: "),
      "\(coordinator.errors)")
  }
}
