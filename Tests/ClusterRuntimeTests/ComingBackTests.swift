// Coordinators and workers that a scheduler starts, stops and starts again, wherever there is room.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Coming back") struct ComingBackTests {
  private func startCoordinator(_ run: TinyRun, _ options: String...) throws -> RunningProgram {
    try RunningProgram(
      Repository.terrane,
      ["coordinator", "--insecure", "--listen", "tcp://127.0.0.1:0"] + options + run.options)
  }

  private func startWorker(_ file: String, _ options: String...) throws -> RunningProgram {
    try RunningProgram(
      Repository.terrane,
      ["worker", "--insecure", "--connect-file", file, "--data", try SampleDataset.folder()]
        + options)
  }

  @Test("One command starts a run and goes on with it; workers find it wherever it is by a file")
  func anywhere() throws {
    let run = try TinyRun()
    let file = run.file("address")
    let worker = try startWorker(file)
    try worker.waitForError("no address in \(file): there is no such file yet")
    let options = ["--resume-or-start", "--address-file", file]
    let first = try startCoordinator(run, options[0], options[1], options[2])
    try run.waitForStep(5)
    let address = try String(contentsOfFile: file, encoding: .utf8)
    first.send(signal: SIGTERM)
    #expect(try first.waitForEnd() == ExitStatus.stopped.rawValue, "\(first.errors)")
    #expect(!Files.exists(file))
    #expect(first.errors.contains(" --address-file \(file)\n"))
    try worker.waitForError("the coordinator has ended: stopped on request; waiting up to 60 s")
    let second = try startCoordinator(run, options[0], options[1], options[2])
    try wait(for: "the address", evidence: second.errors) { Files.exists(file) }
    #expect(try String(contentsOfFile: file, encoding: .utf8) != address)
    #expect(try second.waitForEnd() == 0, "\(second.errors)")
    #expect(try worker.waitForEnd() == 0, "\(worker.errors)")
    #expect(!Files.exists(file))
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("An address file that is another coordinator's by now stays")
  func othersAddress() throws {
    let run = try TinyRun("training.steps=100000")
    let file = run.file("address")
    let coordinator = try startCoordinator(run, "--address-file", file)
    try wait(for: "the address", evidence: coordinator.errors) { Files.exists(file) }
    try "tcp://elsewhere:1\n".write(toFile: file, atomically: true, encoding: .utf8)
    coordinator.send(signal: SIGTERM)
    #expect(try coordinator.waitForEnd() == ExitStatus.stopped.rawValue)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "tcp://elsewhere:1\n")
  }

  @Test("A coordinator that waits for the lock takes over when the one at work has ended")
  func lock() throws {
    let run = try TinyRun("training.steps=4000")
    let first = try startCoordinator(run)
    try first.waitForError(" at step 0")
    let second = try RunningProgram(
      Repository.terrane,
      [
        "coordinator", "--insecure", "--listen", "tcp://127.0.0.1:0", "--resume", run.folder,
        "--wait-for-lock",
      ])
    try second.waitForError(
      "another coordinator (process \(first.number) on \(ProcessInfo.processInfo.hostName)) is at "
        + "work in \(run.folder); waiting for its end")
    let impatient = try RunningProgram(
      Repository.terrane, ["train", "--resume", run.folder, "--wait-for-lock"])
    try impatient.waitForError("waiting for its end")
    impatient.send(signal: SIGTERM)
    #expect(try impatient.waitForEnd() == ExitStatus.stopped.rawValue)
    first.send(signal: SIGTERM)
    #expect(try first.waitForEnd() == ExitStatus.stopped.rawValue)
    try second.waitForError(" listens on ")
    second.send(signal: SIGTERM)
    #expect(try second.waitForEnd() == ExitStatus.stopped.rawValue, "\(second.errors)")
  }

  @Test("Of several that start one run at once, one makes it and the others find it done")
  func startsAtOnce() throws {
    let run = try TinyRun("training.steps=4")
    let launchers = try (1...3).map { _ in
      try RunningProgram(
        Repository.terrane, ["train", "--resume-or-start", "--wait-for-lock"] + run.options)
    }
    for launcher in launchers { #expect(try launcher.waitForEnd() == 0, "\(launcher.errors)") }
    #expect(try run.metrics().steps.map(\.step) == [1, 2, 3, 4])
    #expect(try terrane("verify", run.folder).status == 0)
  }

  @Test("A worker whose time is over leaves, and one whose coordinator does not come back ends")
  func time() throws {
    let run = try TinyRun("training.steps=100000", "evaluation.everySteps=0")
    let file = run.file("address")
    let coordinator = try startCoordinator(run, "--address-file", file)
    let visitor = try startWorker(file, "--for", "3s")
    let patient = try startWorker(file, "--wait", "2s")
    #expect(try visitor.waitForEnd() == ExitStatus.left.rawValue, "\(visitor.errors)")
    #expect(visitor.errors.contains("the time that this worker was given is over"))
    try wait(for: "word of its leave", evidence: run.log) {
      run.log.contains("is gone: it left: its time is over")
    }
    #expect(!patient.hasEnded)
    coordinator.send(signal: SIGTERM)
    #expect(try coordinator.waitForEnd() == ExitStatus.stopped.rawValue)
    #expect(try patient.waitForEnd() == ExitStatus.left.rawValue, "\(patient.errors)")
    #expect(patient.errors.contains("it did not come back within 2 s"))
  }

  @Test("What changes no number takes effect when a run goes on; what does is refused")
  func changedValues() throws {
    let run = try TinyRun("training.steps=4000")
    let first = try startCoordinator(run)
    try first.waitForError(" at step 0")
    first.send(signal: SIGTERM)
    #expect(try first.waitForEnd() == ExitStatus.stopped.rawValue)
    let refused = try TestSupport.run(
      Repository.terrane,
      ["train", "--resume-or-start"] + run.options + ["--set", "training.steps=41"])
    #expect(refused.status == ExitStatus.failure.rawValue)
    #expect(refused.errors.contains("training.steps is 4000 there, not 41"), "\(refused.errors)")
    let training = try RunningProgram(
      Repository.terrane,
      ["train", "--resume-or-start"] + run.options
        + ["--set", "evaluation.everySteps=3", "--set", "checkpoints.everySteps=7"])
    try run.waitForStep(15)
    training.send(signal: SIGTERM)
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue, "\(training.errors)")
    #expect(try run.metrics().evaluations.map(\.step).prefix(5) == [0, 3, 6, 9, 12])
    #expect(Files.exists(run.checkpoint(ofStep: 7)) || Files.exists(run.checkpoint(ofStep: 14)))
    let verified = try terrane("verify", run.folder)
    #expect(verified.status == 0, "\(verified.output)")
  }
}
