// Coordinators that die under their workers, and what watches over both.

import Basics
import Foundation
import Observability
import TestSupport
import Testing

@Suite("The coordinator lost") struct CoordinatorLossTests {
  @Test("Workers say so, wait, and end with a clear message when it does not come back in time")
  func gone() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let worker = try cluster.startWorker("worker", patienceSeconds: 60)
    let hasty = try cluster.startWorker("hasty", patienceSeconds: 3)
    try cluster.run.waitForStep(3)
    cluster.coordinator.send(signal: SIGKILL)
    for program in [worker, hasty] {
      try program.waitForError("the connection to the coordinator closed; waiting up to")
    }
    #expect(try hasty.waitForEnd() == ExitStatus.gaveUpWaiting.rawValue)
    #expect(hasty.errors.contains("error no coordinator answered within 3 s; giving up"))
    #expect(!worker.hasEnded)
    worker.send(signal: SIGTERM)
    #expect(try worker.waitForEnd() == ExitStatus.left.rawValue)
  }

  @Test("When it comes back its workers go on, to the same bits")
  func back() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let workers = try ["one", "two"].map { try cluster.startWorker($0) }
    try cluster.run.waitForStep(7)
    cluster.coordinator.kill()
    for worker in workers { try worker.waitForError("waiting up to 60 s for it to come back") }
    try cluster.resumeCoordinator()
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    for worker in workers {
      #expect(try worker.waitForEnd() == 0)
      #expect(worker.errors.contains("the coordinator is back, at step "), "\(worker.errors)")
    }
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }

  private func steps(of run: TinyRun) throws -> [MetricsEntry] {
    try MetricsReader.entries(inFileAt: run.folder + "/metrics.jsonl")
      .filter { $0.kind == StepRecord.kind }
  }

  @Test(
    "It comes back at the last committed step, whatever the checkpoints, and computes none of it again"
  )
  func nothingTwice() throws {
    let cluster = try StandaloneCluster(TinyRun("checkpoints.everySteps=1000"))
    let worker = try cluster.startWorker("one")
    for step in [6, 15, 24] {
      try cluster.run.waitForStep(step)
      cluster.coordinator.kill()
      let before = try steps(of: cluster.run)
      try cluster.resumeCoordinator()
      try cluster.run.waitForStep(before.count + 1)
      let after = try steps(of: cluster.run)
      #expect(after.prefix(before.count) == before[...])
    }
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try worker.waitForEnd() == 0)
    #expect(cluster.run.log.contains("again from the journal, up to step "))
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }

  @Test("terrane train replaces a coordinator that was killed")
  func replaced() throws {
    let run = try TinyRun("checkpoints.everySteps=1000")
    let training = try run.startTraining()
    try run.waitForStep(7)
    let coordinator = try #require(
      training.children.first { $0.arguments.contains("coordinator") })
    kill(coordinator.pid, SIGKILL)
    #expect(try training.waitForEnd() == 0, "\(training.errors)")
    #expect(training.errors.contains("terrane: the coordinator died by signal 9; starting another"))
    #expect(training.errors.contains(" again from the journal, up to step "))
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("terrane train replaces both when all it started is killed at once")
  func allReplaced() throws {
    let run = try TinyRun()
    let training = try run.startTraining()
    try run.waitForStep(7)
    for child in training.children { kill(child.pid, SIGKILL) }
    #expect(try training.waitForEnd() == 0, "\(training.errors)")
    #expect(training.errors.contains("terrane: worker 1 died by signal 9; starting another"))
    #expect(training.errors.contains("terrane: the coordinator died by signal 9"))
    #expect(try run.metrics().digests == ReferenceRun.digests())
  }

  @Test("Ctrl-C while the coordinator is down ends terrane train")
  func stoppedWhileDown() throws {
    let run = try TinyRun("training.steps=4000")
    let training = try run.startTraining()
    try run.waitForStep(3)
    let coordinator = try #require(
      training.children.first { $0.arguments.contains("coordinator") })
    kill(coordinator.pid, SIGKILL)
    try training.waitForError("starting another in 0.5 s")
    training.send(signal: SIGINT)
    #expect(try training.waitForEnd() == ExitStatus.stopped.rawValue)
    #expect(training.errors.contains("stopp"), "\(training.errors)")
    #expect(training.errors.contains("--resume"), "\(training.errors)")
  }

  @Test("When terrane train is killed, what it started stops after a checkpoint")
  func orphaned() throws {
    let run = try TinyRun("training.steps=4000")
    let training = try run.startTraining()
    try run.waitForStep(3)
    let children = training.children.map(\.pid)
    #expect(children.count == 2)
    training.send(signal: SIGKILL)
    try wait(for: "the end of its processes", evidence: run.log) {
      children.allSatisfy { !FileManager.default.fileExists(atPath: "/proc/\($0)") }
    }
    #expect(run.log.contains("the process that watched over this one is gone; stopping"))
    let last = try #require(try run.metrics().steps.last)
    #expect(FileManager.default.fileExists(atPath: run.checkpoint(ofStep: last.step)))
    let names = try FileManager.default.contentsOfDirectory(atPath: run.folder)
    #expect(!names.contains { $0.hasPrefix(".") }, "\(names)")
  }
}
