// Runs that were stopped, one way or another, and go on.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("Stopping and going on") struct ResumeTests {
  @Test("40 steps, and 20 + kill -9 of everything + resume, are the same at every step")
  func killedAltogether() throws {
    let run = try TinyRun()
    let training = try run.startTraining()
    try run.waitForStep(TinyRun.steps / 2)
    training.kill()
    let before = try run.metrics()
    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("loaded \(run.folder)/checkpoints/step-000000"))
    #expect(try run.metrics().digests == ReferenceRun.digests())
    #expect(before.steps.count < TinyRun.steps)
  }

  @Test("A run whose logs were cleared away, with their folder, goes on and has logs again")
  func withoutLogs() throws {
    let run = try TinyRun()
    let training = try run.startTraining()
    try run.waitForStep(3)
    training.kill()
    try FileManager.default.removeItem(atPath: run.folder + "/logs")
    let resumed = try run.startResuming()
    #expect(try resumed.waitForEnd() == 0, "\(resumed.errors)")
    #expect(FileManager.default.fileExists(atPath: run.folder + "/logs/worker-1.log"))
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("Ctrl-C writes a checkpoint, says how to go on, and ends with the status of what can go on")
  func interrupted() throws {
    let run = try TinyRun()
    let training = try run.startTraining()
    try run.waitForStep(3)
    training.send(signal: SIGINT)
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue, "\(training.errors)")
    let last = try #require(try run.metrics().steps.last?.step)
    #expect(last < TinyRun.steps)
    #expect(
      training.errors.contains(
        "terrane: stopping, after a checkpoint if one can be written; Ctrl-C again stops at once"))
    #expect(
      training.errors.hasSuffix(
        "notice stopped on request at step \(last); "
          + "go on with: terrane train --resume \(run.folder)\n"))
    #expect(FileManager.default.fileExists(atPath: run.checkpoint(ofStep: last)))
    #expect(try run.startResuming("workers.count=2").waitForEnd() == 0)
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("A second Ctrl-C does not wait for a coordinator that hangs")
  func interruptedTwice() throws {
    let run = try TinyRun()
    let training = try run.startTraining()
    try run.waitForStep(3)
    let coordinator = try #require(
      training.children.first { $0.arguments.contains("coordinator") })
    kill(coordinator.pid, SIGSTOP)
    training.send(signal: SIGINT)
    try training.waitForError("Ctrl-C again stops at once")
    // The first ones are too soon to be another wish.
    try wait(for: "the end", evidence: training.errors) {
      training.send(signal: SIGINT)
      return training.hasEnded
    }
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue)
    #expect(try run.startResuming().waitForEnd() == 0)
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("A run that is over says so, and nothing of it is changed")
  func finished() throws {
    let run = try TinyRun("training.steps=3")
    #expect(try run.startTraining().waitForEnd() == 0)
    let before = try run.metricsText()
    let again = try run.startResuming()
    #expect(try again.waitForEnd() == 0, "\(again.errors)")
    #expect(again.errors.contains("notice all 3 steps are done; digest "))
    #expect(try run.metricsText() == before)
    #expect(try run.metrics().evaluations.map(\.step) == [0, 3])
  }

  @Test("An evaluation is made once, however often the run stops behind it")
  func evaluatedOnce() throws {
    let run = try TinyRun("training.steps=24", "evaluation.everySteps=1")
    var programs = [try run.startTraining()]
    for step in [5, 11, 17] {
      try run.waitForStep(step)
      programs.last?.kill()
      programs.append(try run.startResuming())
    }
    #expect(try programs.last?.waitForEnd() == 0, "\(programs.last?.errors ?? "")")
    #expect(try run.metrics().evaluations.map(\.step) == Array(0...24))
  }

  @Test("A folder has one coordinator at a time")
  func occupied() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let second = try run(
      Repository.terrane,
      [
        "coordinator", "--resume", cluster.run.folder, "--insecure", "--listen",
        "tcp://127.0.0.1:*",
      ])
    #expect(second.status == ExitStatus.runIsHeld.rawValue)
    #expect(
      second.errors == "Error: another coordinator (process \(cluster.coordinator.number) on "
        + "\(ProcessInfo.processInfo.hostName)) is at work in \(cluster.run.folder); "
        + "stop that one first\n")
    let training = try cluster.run.startResuming()
    #expect(try training.waitForEnd() == ExitStatus.runIsHeld.rawValue)
    #expect(training.errors.contains("another coordinator (process \(cluster.coordinator.number)"))
    #expect(!cluster.coordinator.hasEnded)
  }
}
