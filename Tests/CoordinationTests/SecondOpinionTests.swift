// What looks wrong is computed a second time before a run ends or a step is skipped for it.

import Basics
import Coordination
import Foundation
import Testing
import Wire

@Suite("Second opinions") struct SecondOpinionTests {
  static let policies: [DivergencePolicy] = [.stop, .skip(factor: 10)]

  private func cluster(
    seed: UInt64, steps: Int = 12, _ policy: DivergencePolicy = .stop
  ) -> SimulatedCluster {
    SimulatedCluster(seed: seed, steps: steps) { $0.onDivergence = policy }
  }

  // MARK: Sums

  @Test(
    "One machine's wrong sum is computed again, by others, and leaves no trace", arguments: policies
  )
  func wrongOnce(policy: DivergencePolicy) {
    for seed in UInt64(0)..<20 {
      var cluster = cluster(seed: seed, policy)
      let liar = cluster.startWorker()
      let honest = cluster.startWorker()
      var left = 1
      cluster.wrongGradient = { worker, lease in
        guard worker == liar, lease.step == Step(4), left > 0 else { return nil }
        left -= 1
        return 0xBAD
      }
      cluster.run()
      #expect(cluster.digests == CoordinationTests.referenceDigests, "seed \(seed)")
      if left > 0 { continue }
      // Both had all microbatches but for the order.
      for microbatch in 0..<SimulatedCluster.microbatches {
        let workers = Set(
          cluster.reductions.filter { $0.step == 4 && $0.microbatch == microbatch }.map(\.worker))
        #expect(workers == [liar, honest], "seed \(seed), microbatch \(microbatch)")
      }
      #expect(cluster.evaluations.count == 5)
      #expect(cluster.log.contains { $0.contains("step 5: its gradient is sound after all; of w") })
    }
  }

  @Test("One worker alone computes the sum a second time itself")
  func wrongOnceAlone() {
    var cluster = cluster(seed: 30)
    cluster.startWorker()
    var left = 1
    cluster.wrongGradient = { _, lease in
      guard lease.step == Step(7), left > 0 else { return nil }
      left -= 1
      return 0xBAD
    }
    cluster.run()
    #expect(left == 0)
    #expect(cluster.digests == CoordinationTests.referenceDigests)
  }

  @Test("A sum that is not finite twice with the same bits ends the run as diverged, checkpointed")
  func diverged() {
    for (norm, text) in [(Double.infinity, "a norm that is not finite"), (1e20, "a norm of 1e+20")]
    {
      var cluster = cluster(seed: 31)
      cluster.norm = { $0 == 7 ? norm : 1 }
      cluster.startWorker()
      cluster.startWorker()
      cluster.run()
      #expect(cluster.ending?.0 == .diverged)
      #expect(
        cluster.ending?.1
          == "the run has diverged at step 8: its gradient has \(text), computed twice to the same "
          + "bits. Start another run with a lower optimizer.baseLearningRate, or with "
          + "optimizer.clipNorm=1")
      #expect(cluster.savedSteps.last == Step(7))
      #expect(cluster.digests == Array(CoordinationTests.referenceDigests.prefix(7)))
    }
  }

  @Test("Machines that never agree end the run, which says who computed what")
  func disagreement() {
    var cluster = cluster(seed: 32, .skip(factor: 10))
    let liar = cluster.startWorker()
    cluster.startWorker()
    var lies: UInt64 = 0xBAD
    cluster.wrongGradient = { worker, lease in
      guard worker == liar, lease.step == Step(3) else { return nil }
      lies += 1
      return lies
    }
    cluster.run()
    #expect(cluster.ending?.0 == .error)
    let reason = cluster.ending?.1 ?? ""
    #expect(
      reason.hasPrefix(
        "the machines of this run disagree: 4 computations of the gradient of step 4 have not "
          + "given the same bits twice in turn (1 by w1 (microbatch"), "\(reason)")
    #expect(reason.contains("; 4 by w1 (microbatch"), "\(reason)")
    #expect(cluster.digests.count == 3)
  }

  // MARK: Skipping

  /// Ordinary for ten steps, then an outlier, one that is none, and one that is not finite.
  private static func norm(_ step: Int) -> Double {
    [10: 11, 11: 9.9, 12: .infinity][step] ?? 1
  }

  @Test(
    "Outliers and what is not finite are skipped, in the same way whatever happens to the workers")
  func skipped() {
    var expected: [Digest]?
    for seed in UInt64(0)..<30 {
      var cluster = cluster(seed: seed, steps: 16, .skip(factor: 10))
      var faults = CounterRandom(seed: seed, purpose: .simulation, 1)
      cluster.norm = Self.norm
      cluster.startWorker()
      cluster.run { cluster, _ in
        guard seed > 0, faults.index(below: 60) == 0 else { return }
        let ids = cluster.workers.keys.sorted()
        if ids.count > 1, faults.index(below: 2) == 0 {
          cluster.kill(ids[faults.index(below: ids.count)])
        } else if ids.count < 4 {
          cluster.startWorker()
        }
      }
      #expect(cluster.ending?.0 == .finished, "seed \(seed): \(cluster.log.suffix(3))")
      #expect(cluster.skipped.map(\.0.step) == [Step(10), Step(12)], "seed \(seed)")
      #expect(
        cluster.digests[10] == cluster.digests[9] && cluster.digests[12] == cluster.digests[11])
      #expect(cluster.digests == expected ?? cluster.digests, "seed \(seed)")
      expected = cluster.digests
    }
  }

  @Test("Before eight norms are known only what is not finite stands out")
  func fewNorms() {
    for (step, skips) in [(7, false), (8, true)] {
      var cluster = cluster(seed: 33, .skip(factor: 10))
      cluster.norm = { $0 == step ? 1000 : 1 }
      cluster.startWorker()
      cluster.run()
      #expect(cluster.skipped.count == (skips ? 1 : 0), "step \(step)")
    }
  }

  @Test("A new level of norms is ordinary after half a window; skipping without an end is not")
  func levels() {
    var risen = cluster(seed: 34, steps: 80, .skip(factor: 10))
    risen.norm = { $0 < 40 ? 1 : 100 }
    risen.startWorker()
    risen.run()
    #expect(risen.ending?.0 == .finished)
    // With 16 of 32 the median is the mean of both levels.
    #expect(risen.skipped.map(\.0.step.index) == Array(40..<56))

    var lost = cluster(seed: 35, steps: 80, .skip(factor: 10))
    lost.norm = { $0 < 40 ? 1 : .nan }
    lost.startWorker()
    lost.run()
    #expect(lost.ending?.0 == .diverged)
    #expect(lost.ending?.1.contains("32 steps up to step 72 were skipped in turn") == true)
  }

  @Test("What is ordinary comes back from the disk as it was")
  func history() throws {
    var history = GradientHistory()
    for step in 0..<50 {
      let norm = 1 / Double(step + 3)
      history = history.next(norm: norm, isSkipped: step % 7 == 0).next(
        norm: .infinity, isSkipped: true)
    }
    let copy = try JSONDecoder().decode(
      GradientHistory.self, from: try JSONEncoder().encode(history))
    #expect(copy == history)
    // Of the steps 18 to 49.
    #expect(history.median == (1 / 36.0 + 1 / 37.0) / 2)
  }

  // MARK: Results that are not finite

  @Test(
    "Strangers whose losses are infinite end no run that has one honest member", arguments: policies
  )
  func strangers(policy: DivergencePolicy) {
    for seed in UInt64(0)..<20 {
      var cluster = cluster(seed: seed, policy)
      var honest: Set<WorkerID> = []
      cluster.isLossInfinite = { worker, _ in !honest.contains(worker) }
      // The honest one is the first, the second or the third to come.
      for place in 0..<3 {
        let worker = cluster.startWorker()
        if place == Int(seed % 3) {
          honest.insert(worker)
          cluster.isLossInfinite = { worker, _ in !honest.contains(worker) }
        }
      }
      var left = 20
      cluster.run { cluster, event in
        // Whoever is refused comes back in another name.
        guard event % 40 == 0, left > 0 else { return }
        left -= 1
        cluster.startWorker()
      }
      #expect(cluster.digests == CoordinationTests.referenceDigests, "seed \(seed)")
      #expect(cluster.ending?.0 == .finished, "seed \(seed): \(cluster.ending?.1 ?? "")")
      for (id, worker) in cluster.workers where honest.contains(id) {
        #expect(worker.ending?.kind == .runFinished)
      }
    }
  }

  @Test("Once strangers alone are left, the run waits for others before it has diverged")
  func strangersAlone() {
    var cluster = cluster(seed: 36)
    cluster.isLossInfinite = { _, _ in true }
    cluster.startWorker()
    cluster.startWorker()
    cluster.run(limit: 400)
    #expect(cluster.workers.values.allSatisfy { $0.ending?.kind == .refused })
    #expect(cluster.ending == nil)
    cluster.isLossInfinite = { _, _ in false }
    cluster.startWorker()
    cluster.run()
    #expect(cluster.digests == CoordinationTests.referenceDigests)
  }

  @Test(
    "Members that have proved sound end a run at once when both say the same, and are not blamed")
  func members() {
    var cluster = cluster(seed: 37)
    cluster.isLossInfinite = { _, lease in lease.step >= Step(5) && lease.microbatch == 2 }
    let workers = [cluster.startWorker(), cluster.startWorker()]
    cluster.run()
    #expect(cluster.ending?.0 == .diverged)
    #expect(
      cluster.ending?.1
        == "the run has diverged at step 6: microbatch 2 is not finite, whoever computes it "
        + "(w1, w2). Start another run with a lower optimizer.baseLearningRate, or with "
        + "optimizer.clipNorm=1"
    )
    #expect(workers.allSatisfy { cluster.workers[$0]!.ending?.kind == .runDiverged })
    #expect(cluster.savedSteps.last == Step(5))
  }

  @Test("A member whose machine fails once is blamed when the second computation is sound")
  func refuted() {
    var cluster = cluster(seed: 38)
    let faulty = cluster.startWorker()
    cluster.startWorker()
    var left = 1
    cluster.isLossInfinite = { worker, lease in
      guard worker == faulty, lease.step == Step(5), left > 0 else { return false }
      left -= 1
      return true
    }
    cluster.run()
    #expect(left == 0)
    #expect(cluster.digests == CoordinationTests.referenceDigests)
    let reason = cluster.workers[faulty]!.ending?.reason ?? ""
    #expect(cluster.workers[faulty]!.ending?.kind == .refused)
    #expect(reason.contains("came out not finite from it, and sound from a second computation"))
  }

  @Test("With skip, a microbatch that is not finite whoever computes it costs its step")
  func skippedMicrobatch() {
    var expected: [Digest]?
    for seed in UInt64(0)..<30 {
      var cluster = cluster(seed: seed, .skip(factor: 10))
      cluster.isLossInfinite = { _, lease in
        lease.step == Step(6) && lease.kind == .train && lease.microbatch == 1
      }
      for _ in 0...seed % 4 { cluster.startWorker() }
      cluster.run()
      #expect(cluster.ending?.0 == .finished, "seed \(seed): \(cluster.ending?.1 ?? "")")
      #expect(cluster.skipped.map(\.0.step) == [Step(6)], "seed \(seed)")
      #expect(cluster.skipped.first?.0.sums.pairs == 16)
      // The step's evaluation is made all the same.
      #expect(cluster.evaluations.map(\.step.rawValue) == [0, 3, 6, 9, 12], "seed \(seed)")
      #expect(cluster.digests == expected ?? cluster.digests, "seed \(seed)")
      expected = cluster.digests
      #expect(cluster.workers.values.allSatisfy { $0.ending?.kind == .runFinished }, "seed \(seed)")
    }
  }

  @Test("An evaluation that is not finite ends the run under either policy", arguments: policies)
  func evaluation(policy: DivergencePolicy) {
    var cluster = cluster(seed: 39, policy)
    cluster.isLossInfinite = { _, lease in lease.step == Step(6) && lease.kind == .evaluate }
    cluster.startWorker()
    cluster.startWorker()
    cluster.run()
    #expect(cluster.ending?.0 == .diverged)
    #expect(cluster.ending?.1.contains("at step 7: evaluation ") == true)
  }
}
