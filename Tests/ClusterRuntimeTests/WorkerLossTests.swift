// Workers that die or leave in the middle of a run. What must not happen in between is held off by
// stopping the survivor (SIGSTOP): without it no step is completed.

import Basics
import Foundation
import TestSupport
import Testing

@Suite("A worker lost") struct WorkerLossTests {
  @Test(
    "After kill -9 the run goes on with the survivor, a replacement joins, the bits are the same")
  func killed() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let victim = try cluster.startWorker("victim")
    let survivor = try cluster.startWorker("survivor")
    try cluster.run.waitFor("joined", of: "victim")
    try cluster.run.waitFor("joined", of: "survivor")
    try cluster.run.waitForStep(3)
    victim.send(signal: SIGKILL)
    try cluster.run.waitFor("left", of: "victim")
    survivor.send(signal: SIGSTOP)
    let replacement = try cluster.startWorker("replacement")
    try cluster.run.waitFor("joined", of: "replacement")
    survivor.send(signal: SIGCONT)

    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try survivor.waitForEnd() == 0)
    #expect(try replacement.waitForEnd() == 0, "\(replacement.errors)\n\(cluster.run.log)")
    #expect(try cluster.run.metrics().digests == ReferenceRun.digests())
  }

  @Test("The survivor alone brings the run to its end")
  func survivor() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let victim = try cluster.startWorker("victim")
    try cluster.run.waitForStep(2)
    let survivor = try cluster.startWorker("survivor")
    try cluster.run.waitFor("joined", of: "survivor")
    victim.send(signal: SIGKILL)
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try survivor.waitForEnd() == 0)
    let metrics = try cluster.run.metrics()
    #expect(metrics.digests == (try ReferenceRun.digests()))
    let left = try #require(metrics.events.first { $0.event == "left" })
    #expect(left.worker == "victim" && left.detail == "its connection closed")
    #expect((2..<TinyRun.steps).contains(left.step))
  }

  @Test("SIGTERM makes a worker return its lease, say goodbye and end with a status that says so")
  func asked() throws {
    let cluster = try StandaloneCluster(TinyRun())
    let leaving = try cluster.startWorker("leaving")
    try cluster.run.waitForStep(3)
    leaving.send(signal: SIGTERM)
    #expect(try leaving.waitForEnd() == ExitStatus.left.rawValue, "\(leaving.errors)")
    #expect(leaving.errors.contains("stopped on request"))
    try cluster.run.waitFor("left", of: "leaving")
    let successor = try cluster.startWorker("successor")
    #expect(try cluster.coordinator.waitForEnd() == 0, "\(cluster.run.log)")
    #expect(try successor.waitForEnd() == 0)
    let metrics = try cluster.run.metrics()
    #expect(metrics.digests == (try ReferenceRun.digests()))
    let left = try #require(metrics.events.first { $0.event == "left" })
    #expect(left.worker == "leaving" && left.detail == "it left: it was asked to stop")
  }

  @Test("terrane train replaces a worker that was killed")
  func replaced() throws {
    let run = try TinyRun()
    let training = try run.startTraining()
    try run.waitForStep(3)
    let worker = try #require(training.children.first { $0.arguments.contains("worker") })
    kill(worker.pid, SIGKILL)
    #expect(try training.waitForEnd() == 0, "\(training.errors)")
    #expect(
      training.errors.contains("terrane: worker 1 died by signal 9; starting another in 0.5 s"))
    let metrics = try run.metrics()
    #expect(metrics.count("joined", of: "worker-1") == 2)
    #expect(metrics.digests == (try ReferenceRun.digests()))
  }
}
