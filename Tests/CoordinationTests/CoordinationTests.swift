// Whole runs of both cores over a simulated network.

import Basics
import Coordination
import Testing
import Wire

@Suite("Coordination") struct CoordinationTests {
  /// The digests of a run of 12 steps that nothing disturbs, by one worker.
  static let referenceDigests: [Digest] = {
    var cluster = SimulatedCluster(seed: 0, steps: 12)
    cluster.startWorker()
    cluster.run()
    return cluster.digests
  }()

  func expectReference(_ cluster: SimulatedCluster, seed: UInt64) {
    #expect(cluster.digests == Self.referenceDigests, "seed \(seed)")
    #expect(cluster.ending?.0 == .finished, "seed \(seed): \(cluster.log.suffix(5))")
    #expect(
      Set(cluster.additions).count == cluster.additions.count, "seed \(seed): counted twice")
    #expect(
      cluster.additions.count
        == 12 * SimulatedCluster.chunks * SimulatedCluster.microbatches, "seed \(seed)")
  }

  @Test("One worker finishes, with evaluations and checkpoints where they are due")
  func oneWorker() {
    var cluster = SimulatedCluster(seed: 1, steps: 12)
    let id = cluster.startWorker()
    cluster.run()
    expectReference(cluster, seed: 1)
    #expect(cluster.evaluations.map(\.step.rawValue) == [0, 3, 6, 9, 12])
    #expect(cluster.evaluations.allSatisfy { $0.sums.hidden == 20 && $0.sums.pairs == 8 })
    #expect(cluster.savedSteps.map(\.rawValue) == [5, 10, 12])
    #expect(
      cluster.workers[id]!.ending
        == WorkerEnding(.runFinished, reason: "the run has ended: all 12 steps are done"))
  }

  @Test("One to five workers, whatever the delays, give the digests of one")
  func manyWorkers() {
    for seed in UInt64(0)..<60 {
      var cluster = SimulatedCluster(seed: seed, steps: 12)
      for _ in 0...seed % 5 { cluster.startWorker() }
      cluster.run()
      expectReference(cluster, seed: seed)
    }
  }

  @Test("Kills and late joins at any instant leave no trace in the digests")
  func killsAndJoins() {
    for seed in UInt64(100)..<300 {
      var cluster = SimulatedCluster(seed: seed, steps: 12)
      var faults = CounterRandom(seed: seed, purpose: .simulation, 1)
      cluster.startWorker()
      cluster.startWorker()
      var mostHeld = 0
      cluster.run { cluster, _ in
        mostHeld = max(mostHeld, cluster.coordinator.heldBytes)
        guard faults.index(below: 60) == 0 else { return }
        let ids = cluster.workers.keys.sorted()
        if ids.count > 1, faults.index(below: 2) == 0 {
          cluster.kill(ids[faults.index(below: ids.count)])
        } else if ids.count < 6 {
          cluster.startWorker()
        }
      }
      #expect(mostHeld <= cluster.coordinator.settings.bufferBytes, "seed \(seed)")
      expectReference(cluster, seed: seed)
    }
  }

  @Test("A silent worker's lease moves to the survivor")
  func silentWorker() {
    var cluster = SimulatedCluster(seed: 3, steps: 12)
    let silent = cluster.startWorker()
    cluster.startWorker()
    cluster.run(limit: 100_000) { cluster, event in
      if event == 300 { cluster.workers[silent]!.isStuck = true }
    }
    #expect(cluster.digests == Self.referenceDigests)
    // What the silent one had last was leased to the survivor too.
    let last = cluster.leases.last { $0.worker == silent }?.lease
    #expect(
      cluster.leases.contains {
        $0.worker != silent && $0.lease.step == last?.step && $0.lease.kind == last?.kind
          && $0.lease.microbatch == last?.microbatch
      })
  }

  @Test("A worker without a shard is never leased it; the step says what it waits for")
  func missingShard() {
    var cluster = SimulatedCluster(seed: 4, steps: 12)
    cluster.startWorker(shards: [1, 2])
    cluster.run(limit: 20_000)
    #expect(cluster.ending == nil)
    #expect(cluster.log.contains { $0.contains("no worker here holds shard 0") })
    cluster.startWorker(shards: [0])
    cluster.run()
    expectReference(cluster, seed: 4)
  }

  @Test("Another dataset and other arithmetic are refused with what to do")
  func refusals() {
    var cluster = SimulatedCluster(seed: 5, steps: 12)
    cluster.startWorker()
    cluster.run(limit: 100)
    let otherData = cluster.startWorker(data: "other")
    let version = Arithmetic.version
    let otherBits = cluster.startWorker(arithmetic: version + 1)
    cluster.run()
    expectReference(cluster, seed: 5)
    #expect(cluster.workers[otherData]!.ending!.reason.contains("copy dataset.json"))
    #expect(
      cluster.workers[otherBits]!.ending!.reason.contains(
        "its arithmetic is version \(version + 1) and this run's is another, which gives other "
          + "bits; install the same release of Terrane on both"))
    #expect(cluster.workers[otherData]!.ending!.kind == .refused)
    #expect(cluster.workers[otherBits]!.ending!.kind == .refused)
  }

  @Test("A worker for whom there is no room is told why, and one that comes back keeps its place")
  func memberLimit() {
    var cluster = SimulatedCluster(seed: 3, steps: 12) {
      $0.memberLimit = MemberLimit(count: 2, reason: "few files")
    }
    let first = cluster.startWorker()
    cluster.startWorker()
    var surplus: WorkerID?
    cluster.run { cluster, _ in
      guard surplus == nil, cluster.digests.count == 4 else { return }
      surplus = cluster.startWorker()
      cluster.tell(first, .disconnected)
      cluster.tell(first, .connected)
    }
    #expect(surplus.flatMap { cluster.workers[$0]?.ending?.kind } == .refused)
    #expect(
      surplus.flatMap { cluster.workers[$0]?.ending?.reason }
        == "the coordinator refused this worker: this coordinator has room for 2 workers at a "
        + "time: few files")
    #expect(cluster.workers[first]?.ending?.kind == .runFinished)
    expectReference(cluster, seed: 3)
  }

  @Test("A request to stop writes a checkpoint of the last whole step and tells the workers")
  func stop() {
    var cluster = SimulatedCluster(seed: 6, steps: 12)
    let id = cluster.startWorker()
    cluster.run { cluster, _ in
      if cluster.digests.count == 7 && cluster.ending == nil {
        cluster.tellCoordinator(.stopRequested)
      }
    }
    #expect(cluster.ending?.0 == .interrupted)
    #expect(cluster.savedSteps.map(\.rawValue) == [5, 7])
    #expect(cluster.workers[id]!.ending!.kind == .coordinatorStopped)
  }

  @Test("Members that go when they hear of the end are no news")
  func membersAfterTheEnd() {
    var cluster = SimulatedCluster(seed: 6, steps: 2)
    let id = cluster.startWorker()
    cluster.run()
    #expect(cluster.ending?.0 == .finished)
    let commands = cluster.coordinator.handle(.disconnected(id), at: cluster.now)
    #expect(commands.isEmpty)
  }

  @Test("A run whose last evaluation is recorded ends without a worker; one that lacks it waits")
  func finished() {
    var position = RunPosition(startWith: Digest(of: "0"))
    for step in 1...3 { position = position.next(Digest(of: "\(step)")) }
    let now = Instant(nanoseconds: 0)
    for isEvaluated in [true, false] {
      var core = CoordinatorCore(
        settings: SimulatedCluster.settings(steps: 3), position: position,
        isEvaluated: isEvaluated, checkpointed: position.step, now: now)
      #expect(core.isDone == isEvaluated)
      let commands = core.handle(.tick, at: now)
      #expect(core.hasEnded == isEvaluated)
      #expect(commands.isEmpty == !isEvaluated)
      if isEvaluated, case .end(.finished, let reason)? = commands.first {
        #expect(reason == "all 3 steps are done")
      } else {
        #expect(!isEvaluated, "\(commands)")
      }
    }
  }

  @Test("A full disk delays the end, and after an attempt that failed one request to stop gives up")
  func fullDisk() {
    var cluster = SimulatedCluster(seed: 7, steps: 12)
    cluster.failsCheckpoints = true
    cluster.startWorker()
    cluster.run(limit: 30_000)
    #expect(cluster.digests == Self.referenceDigests)  // training went on all the same
    #expect(cluster.ending == nil)
    cluster.failsCheckpoints = false
    cluster.run()
    #expect(cluster.ending?.0 == .finished)
    #expect(cluster.savedSteps.map(\.rawValue) == [12])

    var hopeless = SimulatedCluster(seed: 7, steps: 12)
    hopeless.failsCheckpoints = true
    hopeless.startWorker()
    hopeless.run(limit: 30_000)
    hopeless.tellCoordinator(.stopRequested)
    #expect(hopeless.ending?.0 == .interrupted)
  }

  @Test("A worker gives up on a coordinator that never answers")
  func noCoordinator() {
    let settings = WorkerSettings(
      name: "w", processNonce: 1, datasetDigest: Digest(of: "data"), heldShards: [ShardID(0)],
      threads: 1, arithmetic: Arithmetic.version, coordinatorTimeout: .seconds(60))
    var worker = WorkerCore(settings: settings, now: Instant(nanoseconds: 0))
    var ending: WorkerEnding?
    for second in 0...61 where ending == nil {
      for command in worker.handle(.tick, at: Instant(nanoseconds: Int64(second) * 1_000_000_000)) {
        if case .end(let reason) = command { ending = reason }
      }
    }
    #expect(
      ending
        == WorkerEnding(
          .gaveUpWaiting,
          reason:
            "no coordinator answered within 60 s; giving up: its address has not answered at all"
        ))
  }

  @Test("A pause of the coordinator's machine costs no worker its membership")
  func pause() {
    var cluster = SimulatedCluster(seed: 8, steps: 12)
    cluster.startWorker()
    cluster.startWorker()
    cluster.run { cluster, event in
      if event == 400 { cluster.now = cluster.now + .seconds(40) }
    }
    expectReference(cluster, seed: 8)
    #expect(!cluster.events.contains { $0.kind == .left }, "\(cluster.log)")
  }

  @Test("A result that is unusable whoever computes it ends the run as diverged")
  func divergence() {
    var cluster = SimulatedCluster(seed: 10, steps: 12)
    cluster.run(limit: 100_000) { cluster, _ in
      // Whoever is refused is replaced.
      if cluster.workers.values.allSatisfy({ $0.ending != nil }) { cluster.startWorker() }
      for worker in cluster.workers.values {
        worker.outbox = worker.outbox.map { message in
          guard case .leaseDone(let lease, var report) = message.message else { return message }
          report.sums.weighted = .infinity
          return Stamped(stamp: message.stamp, message: .leaseDone(lease: lease, report))
        }
      }
    }
    #expect(cluster.ending?.0 == .diverged)
    #expect(cluster.ending?.1.contains("the run has diverged") == true)
  }
}
