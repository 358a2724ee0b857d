// Shards that nobody has any more.

import Basics
import Coordination
import Testing
import Wire

@Suite("Lost shards") struct ShardLossTests {
  /// A run in which shard 0 was on one worker that went away for good at step 4.
  private func run(_ policy: ShardLossPolicy, seed: UInt64) -> SimulatedCluster {
    var cluster = SimulatedCluster(seed: seed, steps: 12) {
      $0.shardLossPolicy = policy
      $0.shardLossTimeout = .seconds(40)
    }
    let holder = cluster.startWorker(shards: [0])
    cluster.startWorker(shards: [1, 2])
    cluster.run { cluster, _ in
      if cluster.digests.count == 4 && cluster.workers[holder] != nil { cluster.kill(holder) }
    }
    return cluster
  }

  @Test("By default the run says who had it, waits, and stops with a checkpoint")
  func stop() {
    let cluster = run(.stop, seed: 1)
    #expect(cluster.ending?.0 == .error)
    #expect(
      cluster.ending?.1.hasPrefix("nobody held shard 0 (last on w1) for 40 s; bring it back")
        == true)
    #expect(cluster.savedSteps.last?.index == cluster.digests.count)
    #expect(
      cluster.log.contains {
        $0.contains("no worker here holds shard 0 (last on w1); in 40 s the run stops")
      })
  }

  @Test(
    "With skip it goes on without its data, the same way for everyone who starts from the decision")
  func skip() {
    let cluster = run(.skip, seed: 2)
    #expect(cluster.ending?.0 == .finished)
    #expect(cluster.digests.count == 12)
    #expect(cluster.coordinator.position.lostShards == [ShardID(0)])
    #expect(cluster.log.contains { $0.contains("the run goes on without shard 0") })
    // Another run of other delays that loses it at the same step makes the same steps.
    let other = run(.skip, seed: 3)
    #expect(other.digests == cluster.digests)
    #expect(cluster.digests != CoordinationTests.referenceDigests)
    #expect(cluster.digests.prefix(4) == CoordinationTests.referenceDigests.prefix(4))
  }

  @Test("A shard that comes back in time is no loss")
  func back() {
    var cluster = SimulatedCluster(seed: 4, steps: 12) { $0.shardLossTimeout = .seconds(100) }
    let holder = cluster.startWorker(shards: [0])
    cluster.startWorker(shards: [1, 2])
    var (lostAt, isBack): (Instant?, Bool) = (nil, false)
    cluster.run { cluster, _ in
      if cluster.digests.count == 4 && cluster.workers[holder] != nil {
        cluster.kill(holder)
        lostAt = cluster.now
      }
      if let lostAt, !isBack, cluster.now - lostAt > .seconds(80) {
        cluster.startWorker(shards: [0])
        isBack = true
      }
    }
    #expect(isBack)
    #expect(cluster.ending?.0 == .finished)
    #expect(cluster.digests == CoordinationTests.referenceDigests)
  }

  @Test("A step that begins anew for a lost shard is not evaluated twice")
  func evaluatedOnce() {
    // A coordinator that came back at a step whose evaluation is recorded.
    var coordinator = ScriptedCoordinator(bufferBytes: 100, isEvaluated: true) {
      $0.evaluationInterval = 3
      $0.shardLossPolicy = .skip
      $0.shardLossTimeout = .seconds(40)
    }
    // One for each microbatch, and two to spare.
    for worker in 1...6 { coordinator.join(WorkerID(UInt32(worker)), shards: [1, 2]) }
    let before = coordinator.leases
    #expect(!before.isEmpty && before.count < SimulatedCluster.microbatches)
    for _ in 0..<9 { coordinator.pass(.seconds(5)) }
    for worker in 1...6 {
      let worker = WorkerID(UInt32(worker))
      guard let lease = coordinator.lease(of: worker), before.contains(lease) else { continue }
      coordinator.say(
        .leaseReturned(lease: lease.id, reason: "cancelled", givesUpShard: false), worker)
    }
    let anew = coordinator.leases.filter { lease in !before.contains(lease) }
    #expect(Set(anew.map(\.microbatch)) == [0, 1, 2, 3])
    #expect(coordinator.leases.allSatisfy { $0.kind == .train })
  }

  @Test("When every training shard is lost there is nothing to go on with, also with skip")
  func nothingLeft() {
    var cluster = SimulatedCluster(seed: 5, steps: 12) {
      $0.shardLossPolicy = .skip
      $0.shardLossTimeout = .seconds(40)
    }
    cluster.startWorker(shards: [2])
    cluster.run()
    #expect(cluster.ending?.0 == .error)
    #expect(cluster.ending?.1.contains("no other shard is left to train on") == true)
  }

  @Test(
    "A worker that is short of memory or files returns its lease and ends; its shards are no loss")
  func shortage() throws {
    var cluster = SimulatedCluster(seed: 6, steps: 12)
    let short = cluster.startWorker()
    var isShort = false
    cluster.run { cluster, _ in
      guard !isShort, cluster.digests.count == 4, let lease = cluster.workers[short]?.lease
      else { return }
      isShort = true
      cluster.tell(short, .shortage(lease.id, reason: "too many open files"))
      let last = cluster.workers[short]?.outbox.suffix(2).map(\.message)
      if case .leaseReturned(lease.id, _, let givesUpShard) = last?.first {
        #expect(!givesUpShard)
      } else {
        Issue.record("the lease is not returned: \(String(describing: last))")
      }
      cluster.startWorker()
    }
    #expect(isShort)
    #expect(
      cluster.workers[short]?.ending
        == WorkerEnding(.failed, reason: "this worker cannot go on: too many open files"))
    #expect(cluster.ending?.0 == .finished)
    #expect(cluster.digests == CoordinationTests.referenceDigests)
  }
}
