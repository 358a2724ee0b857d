// Workers that come, go and misbehave, transition by transition.

import Basics
import Coordination
import Testing
import Wire

@Suite("Transitions of the coordinator: members") struct CoordinatorMembershipTests {
  private var coordinator = GivenCoordinator()

  private func left(_ worker: WorkerID, _ detail: String) -> [CoordinatorCommand] {
    [
      .recordEvent(kind: .left, worker: "w\(worker)", detail: detail, step: Step(0)),
      .forget(worker),
    ]
  }

  private func refused(
    _ worker: WorkerID, _ kind: RefusalKind, _ reason: String
  ) -> [CoordinatorCommand] {
    [
      .recordEvent(kind: .refused, worker: "w\(worker)", detail: reason, step: Step(0)),
      tell(worker, .refuse(kind, reason: reason)), .forget(worker),
    ]
  }

  @Test("Given nobody, on a greeting: a welcome")
  mutating func greeting() {
    let welcome = Welcome(
      runIdentity: "run", configurationYAML: "seed: 1",
      parameterCount: UInt64(ChunkGrid.valuesPerChunk + 1), step: Step(0), digest: Digest(of: "0"),
      heartbeatInterval: .seconds(1), heartbeatTimeout: .seconds(10), window: 2)
    #expect(
      coordinator.on(one, .hello(GivenCoordinator.hello(of: one))) == [
        tell(one, .welcome(one, welcome)),
        .recordEvent(kind: .joined, worker: "w1", detail: "2 threads", step: Step(0)),
      ])
  }

  @Test("Given a run, on a greeting that does not fit it: a refusal that cannot be helped")
  mutating func unfit() {
    var hello = GivenCoordinator.hello(of: one)
    hello.protocolVersion = WireProtocol.version - 1
    #expect(
      coordinator.on(one, .hello(hello)) == [
        tell(
          one,
          .refuse(
            .unfit,
            reason: "it speaks version \(WireProtocol.version - 1) of the protocol and this "
              + "coordinator another; install the same release of Terrane on both"))
      ])
  }

  @Test("Given nobody, on anything but a greeting: it is asked for one")
  mutating func stranger() {
    #expect(
      coordinator.on(one, .synced(Step(0)))
        == [tell(one, .refuse(.greetAnew, reason: "this session is not known"))])
  }

  @Test("Given a member that fetches the replica, once it holds it: the first microbatch")
  mutating func firstLease() {
    _ = coordinator.on(one, .hello(GivenCoordinator.hello(of: one)))
    #expect(
      coordinator.on(one, .synced(Step(0)))
        == [tell(one, GivenCoordinator.lease(1, microbatch: 0))])
    #expect(coordinator.on(one, .synced(Step(0))) == [])
  }

  @Test("Given a lease and somebody idle, on the end of its connection: the other gets it")
  mutating func disconnected() {
    coordinator.join(one, two)
    _ = coordinator.push(ChunkIndex(1), one)
    _ = coordinator.on(.reduced(ChunkIndex(1), microbatch: 0, LeaseID(1), GivenCoordinator.measure))
    _ = coordinator.compute(two)
    #expect(
      coordinator.on(.disconnected(one)) == left(one, "its connection closed") + [
        tell(
          two,
          GivenCoordinator.lease(3, microbatch: 0, held: ChunkSet(bytes: [0b10]), credit: 1))
      ])
  }

  @Test("Given a member, on a gap in what it says: it is asked to greet anew")
  mutating func gap() {
    coordinator.join(one)
    let late = Stamped(
      stamp: SessionStamp(session: 1, sequence: 9), message: WorkerMessage.heartbeat(step: nil))
    let reason = "messages were lost on the way"
    #expect(
      coordinator.on(.message(late, from: one))
        == [tell(one, .refuse(.greetAnew, reason: reason))]
        + left(one, "messages of it were lost on the way"))
  }

  @Test("Given a member, when nothing was heard of it for too long: it is asked to greet anew")
  mutating func silence() {
    coordinator.join(one)
    for _ in 0..<10 { #expect(coordinator.after(.seconds(1)) == []) }
    let reason = "nothing was heard of it for 11 s"
    #expect(
      coordinator.after(.seconds(1))
        == [tell(one, .refuse(.greetAnew, reason: reason))] + left(one, reason))
  }

  @Test("Given a lease past its deadline and somebody idle: the same microbatch, a second time")
  mutating func late() {
    coordinator.join(one, two)
    _ = coordinator.compute(two)
    #expect(
      coordinator.after(.seconds(61)) == [tell(two, GivenCoordinator.lease(3, microbatch: 0))])
    // The first report counts, and the other lease is cancelled.
    #expect(
      coordinator.compute(one) == [
        tell(two, .cancel(lease: LeaseID(3))), .measure(GivenCoordinator.outcome(workers: 2)),
      ])
  }

  @Test("Given a lease, on its return with its shard given up: somebody else gets it")
  mutating func unreadable() {
    coordinator.join(one)
    _ = coordinator.on(two, .hello(GivenCoordinator.hello(of: two)))
    let answer = WorkerMessage.leaseReturned(
      lease: LeaseID(1), reason: "bad sector", givesUpShard: true)
    #expect(
      coordinator.on(one, answer) == [
        .recordEvent(
          kind: .shardUnreadable, worker: "w1", detail: "shard 0: bad sector", step: Step(0))
      ])
    #expect(
      coordinator.on(two, .synced(Step(0)))
        == [tell(two, GivenCoordinator.lease(2, microbatch: 0))])
  }

  @Test("Given a lease without credit left, on one more chunk: a refusal for misconduct")
  mutating func greedy() {
    coordinator = GivenCoordinator { $0.window = 1 }
    coordinator.join(one, two)
    _ = coordinator.push(ChunkIndex(1), two)
    _ = coordinator.push(ChunkIndex(0), two)
    #expect(
      coordinator.push(ChunkIndex(0), two)
        == refused(two, .misconduct, "it sent more of lease 2 than it was allowed"))
  }

  @Test("Given a stranger's chunk, when it cannot be added: a refusal as unsound, and for good")
  mutating func unsound() {
    coordinator.join(one)
    _ = coordinator.push(ChunkIndex(1), one)
    let reason = "gradient of microbatch 0, chunk 1: it holds a value that is not finite"
    #expect(
      coordinator.on(
        .reductionRefused(
          ChunkIndex(1), microbatch: 0, LeaseID(1), from: one,
          reason: "it holds a value that is not finite", isNotFinite: true))
        == refused(one, .unsound, reason))
    var again = GivenCoordinator.hello(of: two)
    again.processNonce = 1
    #expect(
      coordinator.on(two, .hello(again)) == [tell(two, .refuse(.unsound, reason: reason))])
  }

  @Test("Given a shard that nobody holds for too long: a checkpoint and the end")
  mutating func lostShard() {
    coordinator = GivenCoordinator { $0.shardLossTimeout = .seconds(3) }
    var hello = GivenCoordinator.hello(of: one)
    hello.heldShards = []
    _ = coordinator.on(one, .hello(hello))
    _ = coordinator.on(one, .synced(Step(0)))
    #expect(coordinator.after(.seconds(1)) == [])
    #expect(
      coordinator.after(.seconds(3)) == [
        .recordEvent(kind: .shardLost, worker: nil, detail: "shard 0", step: Step(0)),
        .saveCheckpoint(GivenCoordinator.start),
      ])
  }
}
