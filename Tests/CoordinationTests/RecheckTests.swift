// A microbatch whose gradient's norm stands out is computed again, and unequal bits name the liar.

import Basics
import Coordination
import Foundation
import Testing
import Wire

@Suite("Rechecks") struct RecheckTests {
  /// Squared norms of a lie's chunks, where honest ones have 1: far too long, and nothing at all.
  static let squaredNorms: [Double] = [1e4, 0]

  /// The run's own digests: what stands out leaves no trace in them.
  private func expectReference(_ cluster: SimulatedCluster, _ seed: UInt64 = 0) {
    #expect(cluster.digests == CoordinationTests.referenceDigests, "seed \(seed)")
    #expect(cluster.ending?.0 == .finished, "seed \(seed): \(cluster.ending?.1 ?? "")")
  }

  private func reason(_ cluster: SimulatedCluster, _ worker: WorkerID) -> String {
    cluster.workers[worker]?.ending?.reason ?? ""
  }

  // MARK: Liars

  @Test(
    "Who lies beside two honest workers is named by their bits, and the sum is made without it",
    arguments: squaredNorms)
  func liar(squaredNorm: Double) {
    for seed in UInt64(0)..<40 {
      var cluster = SimulatedCluster(seed: seed, steps: 12)
      let liar = cluster.startWorker()
      let honest = [cluster.startWorker(), cluster.startWorker()]
      var lies = 0
      cluster.lie = { worker, lease in
        guard worker == liar, lease.kind == .train, lease.step >= Step(5) else { return nil }
        lies += 1
        return (0x11E, squaredNorm)
      }
      cluster.run()
      expectReference(cluster, seed)
      guard lies > 0 else { continue }
      #expect(cluster.workers[liar]!.ending?.kind == .refused, "seed \(seed)")
      let norm = squaredNorm == 0 ? "0" : "173.2"
      #expect(
        reason(cluster, liar).contains(
          "is wrong (a gradient with a norm of \(norm)): other bits, with a norm of 1.732, came "
            + "from w"), "seed \(seed): \(reason(cluster, liar))")
      #expect(honest.allSatisfy { cluster.workers[$0]!.ending?.kind == .runFinished })
      #expect(cluster.events.contains { $0.kind == .rechecked })
      #expect(cluster.events.contains { $0.kind == .refused && $0.worker == "w\(liar)" })
      // Two computations beside the sum, of three chunks each, and one more of all the step.
      #expect(cluster.rechecks.count == 6, "seed \(seed)")
      #expect(Set(cluster.rechecks.map(\.worker)) == Set(honest), "seed \(seed)")
    }
  }

  @Test("Between two that disagree, and with nobody left to ask, the ordinary norm is believed")
  func twoWorkers() {
    for seed in UInt64(0)..<40 {
      var cluster = SimulatedCluster(seed: seed, steps: 12)
      let liar = cluster.startWorker()
      let honest = cluster.startWorker()
      cluster.lie = { worker, lease in
        worker == liar && lease.kind == .train && lease.step >= Step(5) ? (0x11E, 1e4) : nil
      }
      cluster.run()
      expectReference(cluster, seed)
      #expect(cluster.workers[liar]!.ending?.kind == .refused, "seed \(seed)")
      #expect(cluster.workers[honest]!.ending?.kind == .runFinished, "seed \(seed)")
    }
  }

  @Test("A machine that is alone is asked again itself, and named when it fails once")
  func alone() {
    var cluster = SimulatedCluster(seed: 50, steps: 12)
    let faulty = cluster.startWorker()
    var left = 1
    cluster.lie = { _, lease in
      guard lease.kind == .train, lease.step == Step(6), left > 0 else { return nil }
      left -= 1
      return (0x11E, 1e4)
    }
    cluster.run { cluster, _ in
      if cluster.workers[faulty]!.ending != nil && cluster.workers.count == 1 {
        cluster.startWorker()
      }
    }
    expectReference(cluster)
    #expect(cluster.workers[faulty]!.ending?.kind == .refused)
  }

  @Test("A stolen key with many connections is one voice: its workers do not bear each other out")
  func oneKey() {
    for seed in UInt64(0)..<20 {
      var cluster = SimulatedCluster(seed: seed, steps: 12)
      let liars = (0..<3).map { _ in cluster.startWorker(owner: "stolen") }
      let honest = cluster.startWorker(owner: "alice")
      cluster.lie = { worker, lease in
        liars.contains(worker) && lease.kind == .train && lease.step >= Step(5) ? (0x11E, 0) : nil
      }
      cluster.run()
      expectReference(cluster, seed)
      #expect(cluster.workers[honest]!.ending?.kind == .runFinished, "seed \(seed)")
      #expect(
        liars.filter { cluster.workers[$0]!.ending?.kind == .runFinished }.count <= 1,
        "seed \(seed): only who had no lease since can be left")
    }
  }

  @Test("A microbatch of which two workers gave parts names the one whose part is otherwise")
  func parts() {
    var cluster = SimulatedCluster(seed: 51, steps: 12)
    let liar = cluster.startWorker()
    let honest = cluster.startWorker()
    cluster.lie = { worker, lease in
      worker == liar && lease.kind == .train && lease.step == Step(6) ? (0x11E, 1e6) : nil
    }
    var isKilled = false
    cluster.run { cluster, _ in
      guard !isKilled, cluster.reductions.contains(where: { $0.step == 6 && $0.worker == liar })
      else { return }
      isKilled = true
      cluster.kill(liar)
    }
    #expect(isKilled)
    expectReference(cluster)
    #expect(cluster.workers[honest]!.ending?.kind == .runFinished)
    #expect(cluster.log.contains { $0.contains("w1, which is gone: what it computed") })
  }

  // MARK: The honest

  @Test("An honest microbatch that stands out is computed once more, by another, and counts")
  func sound() {
    for seed in UInt64(0)..<40 {
      var cluster = SimulatedCluster(seed: seed, steps: 12)
      cluster.squaredNorm = { step, microbatch in step == 6 && microbatch == 2 ? 1e6 : 1 }
      let workers = [cluster.startWorker(), cluster.startWorker()]
      cluster.run()
      expectReference(cluster, seed)
      let first = cluster.reductions.filter { $0.step == 6 && $0.microbatch == 2 }.map(\.worker)
      #expect(cluster.rechecks.count == SimulatedCluster.chunks, "seed \(seed)")
      #expect(Set(cluster.rechecks.map(\.worker)).isDisjoint(with: first), "seed \(seed)")
      #expect(workers.allSatisfy { cluster.workers[$0]!.ending?.kind == .runFinished })
      #expect(
        cluster.log.contains { $0.contains("microbatch 2 of step 6 is sound: the same bits came") })
    }
  }

  @Test("Who lies about an honest one that stands out is named by a third, and the sum stands")
  func lyingJudge() {
    for seed in UInt64(0)..<40 {
      var cluster = SimulatedCluster(seed: seed, steps: 12)
      cluster.squaredNorm = { step, microbatch in step == 6 && microbatch == 2 ? 1e6 : 1 }
      var hadPart: Set<WorkerID> = []
      var liar: WorkerID?
      for _ in 0..<3 { cluster.startWorker() }
      cluster.lie = { worker, lease in
        guard lease.kind == .train, lease.step == Step(6), lease.microbatch == 2 else { return nil }
        if hadPart.isEmpty || hadPart.contains(worker) && liar == nil {
          hadPart.insert(worker)
          return nil
        }
        if liar == nil { liar = worker }
        return worker == liar ? (0x11E, 1) : nil
      }
      cluster.run()
      expectReference(cluster, seed)
      guard let liar else { continue }
      #expect(cluster.workers[liar]!.ending?.kind == .refused, "seed \(seed)")
      let computed = cluster.reductions.filter { $0.step == 6 }.count
      #expect(
        computed == SimulatedCluster.chunks * SimulatedCluster.microbatches, "seed \(seed)")
    }
  }

  @Test("One worker alone confirms its own microbatch, and the run goes on")
  func soundAlone() {
    var cluster = SimulatedCluster(seed: 52, steps: 12)
    cluster.squaredNorm = { step, microbatch in step == 6 && microbatch == 2 ? 0 : 1 }
    cluster.startWorker()
    cluster.run()
    expectReference(cluster)
    #expect(cluster.rechecks.count == SimulatedCluster.chunks)
  }

  // MARK: When, and how often

  @Test("Before four steps are known nothing stands out")
  func fewNorms() {
    for (step, rechecks) in [(3, 0), (4, SimulatedCluster.chunks)] {
      var cluster = SimulatedCluster(seed: 53, steps: 12)
      cluster.squaredNorm = { $0 == step && $1 == 0 ? 1e6 : 1 }
      cluster.startWorker()
      cluster.run()
      #expect(cluster.rechecks.count == rechecks, "step \(step)")
    }
  }

  @Test("Eleven times the ordinary stands out, nine times does not, and so do their inverses")
  func factor() {
    for (norm, standsOut) in [(11, true), (9, false), (1 / 9.0, false), (1 / 11.0, true)] {
      var cluster = SimulatedCluster(seed: 54, steps: 12)
      cluster.squaredNorm = { $0 == 6 && $1 == 1 ? norm * norm : 1 }
      cluster.startWorker()
      cluster.run()
      #expect(cluster.rechecks.isEmpty != standsOut, "\(norm)")
    }
  }

  @Test("In vain no more than a hundredth of a run's microbatches are computed again")
  func budget() {
    var cluster = SimulatedCluster(seed: 55, steps: 150)
    // One of each step's, from where norms are known: far more than may be.
    cluster.squaredNorm = { $0 >= 4 && $1 == 0 ? 1e6 : 1 }
    cluster.startWorker()
    cluster.startWorker()
    cluster.run()
    #expect(cluster.ending?.0 == .finished)
    // 6 of 150 · 4.
    #expect(cluster.rechecks.count == 6 * SimulatedCluster.chunks)
    let words = cluster.log.count { $0.contains("no more than a hundredth of a run's are") }
    let minutes = Int((cluster.now - Instant(nanoseconds: 0)).seconds / 60)
    #expect(words > 0 && words <= minutes + 1)
  }

  @Test("Lies that are found take nothing from what may be computed again")
  func budgetOfLiars() {
    var cluster = SimulatedCluster(seed: 56, steps: 12)
    let honest = cluster.startWorker()
    cluster.startWorker()
    var lies = 0
    cluster.lie = { worker, lease in
      guard worker != honest, lease.kind == .train, lease.step >= Step(5) else { return nil }
      lies += 1
      return (0x11E, 1e4)
    }
    cluster.run { cluster, _ in
      // Whoever is refused comes back as another.
      let present = cluster.workers.values.count { $0.ending == nil }
      if present == 1 && cluster.workers.count < 12 && cluster.ending == nil {
        cluster.startWorker()
      }
    }
    expectReference(cluster)
    #expect(cluster.events.count { $0.kind == .refused } > 2)
  }

  @Test("What is ordinary comes back from the disk as it was, and old notes without it are read")
  func position() throws {
    var position = RunPosition(startWith: Digest(of: "0"))
    for step in 0..<40 {
      position = position.next(Digest(of: "\(step)"), norms: [1 / Double(step + 3), 7, 0])
    }
    let data = try JSONEncoder().encode(position)
    #expect(try JSONDecoder().decode(RunPosition.self, from: data) == position)
    // Of the steps 8 to 39.
    #expect(position.norms?.ordinary == (1 / 26.0 + 1 / 27.0) / 2)
    var old = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    old["norms"] = nil
    let read = try JSONDecoder().decode(
      RunPosition.self, from: try JSONSerialization.data(withJSONObject: old))
    #expect(read.norms == nil && read.step == Step(40))
  }
}
