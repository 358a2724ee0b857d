// Runs whose numbers leave the range of floats.

import Basics
import Coordination
import Testing

@Suite("Divergence") struct DivergenceTests {
  @Test("An update that is not finite ends the run before its step is told or kept")
  func update() {
    var cluster = SimulatedCluster(seed: 20, steps: 12)
    cluster.divergesAt = 8
    let worker = cluster.startWorker()
    cluster.run()
    #expect(cluster.ending?.0 == .diverged)
    #expect(
      cluster.ending?.1
        == "the run has diverged: the update to step 8 gives numbers that are not finite, "
        + "and was not kept; no journal is kept, so the steps after the checkpoint of step 5 are "
        + "lost. Start "
        + "another run with a lower optimizer.baseLearningRate, or with optimizer.clipNorm=1")
    #expect(cluster.coordinator.position.step == Step(7))
    #expect(cluster.savedSteps == [Step(5)])
    #expect(cluster.workers[worker]!.ending?.kind == .runDiverged)
  }

  @Test("What is lost with such an update is said: nothing, where there is a journal")
  func whatIsLost() {
    for (journalBytes, step, text) in [
      (1 << 20, 8, "; nothing before it is lost. "), (0, 6, "; nothing before it is lost. "),
      (0, 3, "no checkpoint was written, so the steps before it are lost. "),
    ] {
      var cluster = SimulatedCluster(seed: 21, steps: 12) { $0.journalBytes = journalBytes }
      cluster.divergesAt = step
      cluster.startWorker()
      cluster.run()
      #expect(cluster.ending?.1.contains(text) == true, "\(cluster.ending?.1 ?? "no end")")
    }
  }

  @Test("A replica chunk that comes damaged once is fetched whole, and leaves no trace")
  func damagedOnce() {
    var cluster = SimulatedCluster(seed: 22, steps: 12)
    let worker = cluster.startWorker()
    cluster.replicaRefusals = (worker, 1)
    cluster.run()
    #expect(cluster.digests == CoordinationTests.referenceDigests)
    #expect(cluster.log.count { $0.contains("replica chunk 0 cannot be taken: it holds") } == 1)
  }

  @Test("A worker that cannot take a replica chunk twice says so once and ends")
  func refusedTwice() {
    var cluster = SimulatedCluster(seed: 23, steps: 12)
    let worker = cluster.startWorker()
    cluster.startWorker()
    cluster.replicaRefusals = (worker, .max)
    cluster.run()
    #expect(
      cluster.workers[worker]!.ending
        == WorkerEnding(
          .failed,
          reason: "replica chunk 0 of step 0 cannot be taken, twice: it holds numbers that are not "
            + "finite"))
    #expect(cluster.log.count { $0.contains("cannot be taken:") } == 1)
    #expect(cluster.digests == CoordinationTests.referenceDigests)
  }
}
