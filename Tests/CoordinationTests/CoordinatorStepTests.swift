// A step's way through the coordinator, transition by transition.

import Basics
import Coordination
import Testing
import Wire

@Suite("Transitions of the coordinator: steps") struct CoordinatorStepTests {
  private var coordinator = GivenCoordinator()

  @Test("Given a lease whose turn it is, on a chunk: it is added")
  mutating func dueChunk() {
    coordinator.join(one)
    #expect(
      coordinator.push(ChunkIndex(1), one) == [
        .reduce(
          ReductionOrder(
            ChunkIndex(1), microbatch: 0, place: .first, payload: GivenCoordinator.chunk,
            lease: LeaseID(1), worker: one))
      ])
  }

  @Test("Given a chunk that came early, on the addition before it: it is added")
  mutating func earlyChunk() {
    coordinator.join(one, two)
    #expect(coordinator.push(ChunkIndex(1), two) == [])
    _ = coordinator.push(ChunkIndex(1), one)
    #expect(
      coordinator.on(.reduced(ChunkIndex(1), microbatch: 0, LeaseID(1), GivenCoordinator.measure))
        == [
          .reduce(
            ReductionOrder(
              ChunkIndex(1), microbatch: 1, place: .last, payload: GivenCoordinator.chunk,
              lease: LeaseID(2), worker: two))
        ])
  }

  @Test("Given an addition, on what came of one that is not awaited: nothing")
  mutating func staleAddition() {
    coordinator.join(one)
    _ = coordinator.push(ChunkIndex(1), one)
    #expect(
      coordinator.on(.reduced(ChunkIndex(0), microbatch: 0, LeaseID(1), GivenCoordinator.measure))
        == [])
    #expect(
      coordinator.on(.reduced(ChunkIndex(1), microbatch: 0, LeaseID(7), GivenCoordinator.measure))
        == [])
    #expect(
      coordinator.on(
        .reductionRefused(
          ChunkIndex(1), microbatch: 0, LeaseID(7), from: one, reason: "damaged",
          isNotFinite: false)) == [])
    #expect(
      coordinator.on(.reduced(ChunkIndex(1), microbatch: 0, LeaseID(1), GivenCoordinator.measure))
        == [])
    #expect(
      coordinator.on(.reduced(ChunkIndex(1), microbatch: 0, LeaseID(1), GivenCoordinator.measure))
        == [])
  }

  @Test("Given a microbatch left, on the report of another: its worker gets what is left")
  mutating func nextLease() {
    coordinator.join(one)
    #expect(
      coordinator.compute(one) == [tell(one, GivenCoordinator.lease(2, microbatch: 1))])
  }

  @Test("Given all work but one report, on that report: the norm is asked for")
  mutating func complete() {
    coordinator.join(one)
    _ = coordinator.compute(one)
    #expect(coordinator.compute(one) == [.measure(GivenCoordinator.outcome())])
  }

  @Test("Given a complete sum, on an ordinary norm: the update")
  mutating func ordinaryNorm() {
    coordinator.computeStep()
    #expect(
      coordinator.on(.measured(norm: 2)) == [
        .update(GivenCoordinator.outcome(), gradientNorm: 2)
      ])
  }

  @Test("Given a complete sum, on a norm that is not finite: its digest is asked for")
  mutating func infiniteNorm() {
    coordinator.computeStep()
    #expect(coordinator.on(.measured(norm: .infinity)) == [.digestGradient])
  }

  @Test("Given a sum in doubt, on its digest: all of it is computed again")
  mutating func doubt() {
    coordinator.computeStep()
    _ = coordinator.on(.measured(norm: .infinity))
    #expect(
      coordinator.on(.digested(Digest(of: "sum"))) == [
        tell(one, GivenCoordinator.lease(3, microbatch: 0))
      ])
  }

  @Test("Given a sum that came out so before, on the same digest: the run has diverged")
  mutating func agreement() {
    coordinator.computeStep()
    _ = coordinator.on(.measured(norm: .infinity))
    _ = coordinator.on(.digested(Digest(of: "sum")))
    _ = coordinator.compute(one)
    _ = coordinator.compute(one)
    _ = coordinator.on(.measured(norm: .infinity))
    #expect(
      coordinator.on(.digested(Digest(of: "sum"))) == [.saveCheckpoint(GivenCoordinator.start)])
  }

  @Test("Given an update, on its digest: the commit")
  mutating func updated() {
    coordinator.computeStep()
    _ = coordinator.on(.measured(norm: 1))
    #expect(
      coordinator.on(.updated(Digest(of: "1"), isFinite: true))
        == [.commit(GivenCoordinator.commit, journalSince: Step(0))])
  }

  @Test("Given an update, on numbers that are not finite: the end")
  mutating func spoiltUpdate() {
    coordinator.computeStep()
    _ = coordinator.on(.measured(norm: 1))
    let orders = coordinator.on(.updated(Digest(of: "1"), isFinite: false))
    guard case .end(.diverged, let reason) = orders.last else {
      Issue.record("the run goes on: \(orders)")
      return
    }
    #expect(
      orders == [
        tell(one, .stop(reason: reason, kind: .diverged)), .end(.diverged, reason: reason),
      ])
  }

  @Test("Given a step on its way to the disk, on a request: no answer before it is safe")
  mutating func untold() {
    coordinator.commitStep()
    let request = ChunkRequest(chunk: ChunkIndex(0), have: Step(0))
    #expect(coordinator.on(one, .requestChunks([request])) == [])
    #expect(
      coordinator.on(.committed(Step(1), journalBytes: 0)) == [
        .recordStep(Step(1)), tell(one, .published(step: Step(1), digest: Digest(of: "1"))),
        sendReplicaChunk(ChunkIndex(0), have: Step(0), to: one),
      ])
  }

  @Test("Given a step that the disk refused: it is tried again after 2 s")
  mutating func refusedCommit() {
    coordinator.commitStep()
    #expect(coordinator.on(.commitFailed(Step(1), reason: "no space")) == [])
    #expect(coordinator.after(.milliseconds(1900)) == [])
    #expect(
      coordinator.after(.milliseconds(100)) == [
        .commit(GivenCoordinator.commit, journalSince: Step(0))
      ])
    #expect(coordinator.after(.seconds(1)) == [])
  }

  @Test("Given a step that the disk refused, on a request to stop: the end, without it")
  mutating func stopWhileRefused() {
    coordinator.commitStep()
    _ = coordinator.on(.commitFailed(Step(1), reason: "no space"))
    let reason =
      "stopped on request (step 1 could not be written and will be computed again)"
    #expect(
      coordinator.on(.stopRequested) == [
        tell(one, .stop(reason: reason, kind: .interrupted)), .end(.interrupted, reason: reason),
      ])
  }

  @Test("Given a step at work, on a request to stop: a checkpoint, and the end when it is safe")
  mutating func stop() {
    coordinator.join(one)
    #expect(coordinator.on(.stopRequested) == [.saveCheckpoint(GivenCoordinator.start)])
    let reason = "stopped on request"
    #expect(
      coordinator.on(.checkpointSaved(Step(0))) == [
        .synchronizeRecords, tell(one, .stop(reason: reason, kind: .interrupted)),
        .end(.interrupted, reason: reason),
      ])
    #expect(coordinator.on(.tick) == [])
  }

  @Test("Given a last checkpoint that failed: it is tried again after 10 s")
  mutating func failedCheckpoint() {
    _ = coordinator.on(.stopRequested)
    #expect(coordinator.on(.checkpointFailed(Step(0), reason: "no space")) == [])
    #expect(coordinator.after(.milliseconds(9900)) == [])
    #expect(coordinator.after(.milliseconds(100)) == [.saveCheckpoint(GivenCoordinator.start)])
  }

  @Test("Given the interval of checkpoints, on the commit of such a step: a checkpoint")
  mutating func periodicCheckpoint() {
    coordinator = GivenCoordinator { $0.checkpointInterval = 1 }
    coordinator.commitStep()
    #expect(
      coordinator.on(.committed(Step(1), journalBytes: 0)) == [
        .recordStep(Step(1)), tell(one, .published(step: Step(1), digest: Digest(of: "1"))),
        .saveCheckpoint(GivenCoordinator.commit.position),
      ])
  }
}
