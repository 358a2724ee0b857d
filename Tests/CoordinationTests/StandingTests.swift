// What is told of a run and its workers to those who look.

import Basics
import Coordination
import Testing
import Wire

@Suite("Where the coordinator and its workers stand") struct StandingTests {
  private var coordinator = GivenCoordinator()

  @Test("Without workers it waits for some, with them it computes, then it updates and writes")
  mutating func activity() {
    #expect(coordinator.activity == "waiting for workers")
    #expect(coordinator.standings.isEmpty)
    coordinator.computeStep()
    #expect(coordinator.activity == "updating the parameters")
    _ = coordinator.on(.measured(norm: 1))
    _ = coordinator.on(.updated(Digest(of: "1"), isFinite: true))
    #expect(coordinator.activity == "writing step 1 to the journal")
    _ = coordinator.on(.commitFailed(Step(1), reason: "the disk is full"))
    #expect(coordinator.activity == "the disk refuses step 1; trying again")
    _ = coordinator.on(.committed(Step(1), journalBytes: 0))
    #expect(coordinator.activity == "computing")
  }

  @Test("A shard that nobody has is named")
  mutating func absentShard() {
    var hello = GivenCoordinator.hello(of: one)
    hello.heldShards = []
    _ = coordinator.on(one, .hello(hello))
    #expect(coordinator.activity == "waiting for a worker that has shard 0")
    #expect(coordinator.standings.map(\.shards) == [0])
  }

  @Test("A worker is told with its lease, how long it has it, and what it usually takes")
  mutating func standings() throws {
    coordinator.join(one, two)
    _ = coordinator.after(.seconds(2))
    let standings = coordinator.standings
    #expect(standings.map(\.name) == ["w1", "w2"])
    #expect(standings.map(\.item) == ["microbatch 0", "microbatch 1"])
    #expect(standings[0].activity == .working && standings[0].leaseAge == .seconds(2))
    #expect(standings[0].threads == 2 && standings[0].shards == 1 && standings[0].usual == nil)
    _ = coordinator.compute(one)
    let done = coordinator.standings[0]
    #expect(done.activity == .idle && done.item == nil && done.usual != nil && done.slow == nil)
  }

  @Test("A worker's peak memory is its own newest report; the step has the most of those there")
  mutating func memory() throws {
    coordinator.join(one, two)
    #expect(coordinator.standings.map(\.peakMemoryBytes) == [nil, nil])
    for (worker, bytes) in [(one, 300), (two, 500)] {
      var report = GivenCoordinator.report
      report.peakMemoryBytes = bytes
      _ = coordinator.compute(worker, report)
    }
    #expect(coordinator.standings.map(\.peakMemoryBytes) == [300, 500])
    #expect(coordinator.update()?.outcome.workerPeakMemoryBytes == 500)
  }

  @Test("The first step begins with its first lease: waiting for workers is no work")
  mutating func firstStep() throws {
    _ = coordinator.after(.seconds(40))
    coordinator.join(one)
    _ = coordinator.after(.seconds(3))
    _ = coordinator.compute(one)
    _ = coordinator.compute(one)
    #expect(coordinator.update()?.outcome.started == Instant(nanoseconds: 0) + .seconds(40))
    _ = coordinator.on(.committed(Step(1), journalBytes: 0))
    // Of a later step, what passes before its first lease is its own.
    _ = coordinator.after(.seconds(5))
    _ = coordinator.on(one, .synced(Step(1)))
    _ = coordinator.compute(one)
    _ = coordinator.compute(one)
    #expect(coordinator.update()?.outcome.started == Instant(nanoseconds: 0) + .seconds(43))
  }

  @Test("An evaluation takes from its first lease to its last report, by the clock")
  mutating func evaluation() throws {
    coordinator = GivenCoordinator {
      $0.evaluationPlan = MicrobatchPlan(
        seed: 1, chipsPerShard: [8], pairsPerMicrobatch: 4, microbatchesPerStep: 2)
    }
    _ = coordinator.after(.seconds(10))
    coordinator.join(one)
    _ = coordinator.compute(one)
    _ = coordinator.compute(one)
    _ = coordinator.after(.seconds(2))
    var orders = coordinator.report(one)
    _ = coordinator.after(.seconds(4))
    orders += coordinator.report(one)
    let seconds = orders.compactMap { order in
      if case .recordEvaluation(let outcome) = order { outcome.wallSeconds } else { nil }
    }
    #expect(seconds == [6])
  }

  @Test("More workers than a step has microbatches: said once, when the first of them comes")
  mutating func idle() {
    coordinator.join(one, two)
    #expect(!coordinator.said.contains { $0.contains("more workers") })
    coordinator.join(WorkerID(3), WorkerID(4))
    let warnings = coordinator.said.filter { $0.contains("more workers") }
    #expect(
      warnings == [
        "there are more workers than a step has microbatches (training.microbatchesPerStep is 2): "
          + "the others only wait, or take over what is lost; a new run can have more of them"
      ])
  }

  @Test("A lease far beyond its time makes its worker slow, in words")
  mutating func late() throws {
    coordinator.join(one)
    #expect(coordinator.standings[0].slow == nil)
    // It is heard of all the while.
    for _ in 0..<200 {
      _ = coordinator.after(.seconds(10))
      _ = coordinator.on(one, .heartbeat(step: nil))
    }
    let slow = try #require(coordinator.standings.first?.slow)
    #expect(slow == "late with microbatch 0: it has had it for 33 m 20 s, far longer than is usual")
  }
}
