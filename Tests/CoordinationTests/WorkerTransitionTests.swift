// A worker's states, transition by transition.

import Basics
import Coordination
import Testing
import Wire

@Suite("Transitions of the worker") struct WorkerTransitionTests {
  private let id = GivenWorker.lease.id
  private let both = [
    ChunkRequest(chunk: ChunkIndex(0), have: nil), ChunkRequest(chunk: ChunkIndex(1), have: nil),
  ]
  private let whole = GivenWorker.hello(replica: Step(0), digest: GivenWorker.digest, run: "run")

  private func returned(_ reason: String, givesUpShard: Bool = false) -> WorkerCommand {
    say(.leaseReturned(lease: id, reason: reason, givesUpShard: givesUpShard))
  }

  @Test("On its way into a run: greeting, memory, replica, ready")
  func joining() {
    var worker = GivenWorker()
    #expect(worker.on(.connected) == [GivenWorker.hello()])
    #expect(
      worker.on(.welcome(WorkerID(1), GivenWorker.welcome)) == [.prepare(GivenWorker.welcome)])
    #expect(worker.on(.prepared) == [say(.requestChunks(both))])
    #expect(
      worker.on(.replicaChunk(chunk: ChunkIndex(0), from: nil, to: Step(0), payload: [9]))
        == [.applyReplicaChunk(ChunkIndex(0), from: nil, to: Step(0), payload: [9])])
    #expect(worker.apply(0) == [])
    #expect(worker.apply(1) == [say(.synced(Step(0)))])
  }

  @Test("Given no answer to a greeting: another after 5 s")
  func greetingAgain() {
    var worker = GivenWorker()
    _ = worker.on(.connected)
    #expect(worker.after(.milliseconds(4900)) == [])
    #expect(worker.after(.milliseconds(100)) == [GivenWorker.hello()])
  }

  @Test("Given too little memory, once it is known: a goodbye and the end")
  func unprepared() {
    var worker = GivenWorker()
    _ = worker.on(.connected)
    _ = worker.on(.welcome(WorkerID(1), GivenWorker.welcome))
    #expect(
      worker.on(.preparationFailed(reason: "no memory")) == [
        say(.goodbye(reason: "no memory")), .end(WorkerEnding(.failed, reason: "no memory")),
      ])
  }

  @Test("Given a whole replica, on a lease: it is computed; while fetching, it is returned")
  func lease() {
    var idle = GivenWorker.idle()
    #expect(idle.on(.lease(GivenWorker.lease)) == [.start(GivenWorker.lease)])
    var syncing = GivenWorker.syncing()
    #expect(syncing.on(.lease(GivenWorker.lease)) == [returned("not ready for step 0")])
  }

  @Test("Given a lease with credit for one chunk: the second waits for more, the report for both")
  func credit() {
    var worker = GivenWorker.computing()
    #expect(worker.on(GivenWorker.computed(1)) == [GivenWorker.push(1)])
    #expect(worker.on(GivenWorker.computed(0)) == [])
    #expect(worker.on(.workDone(id, WorkReport())) == [])
    #expect(
      worker.on(.credit(lease: id, chunks: 1)) == [
        GivenWorker.push(0), say(.leaseDone(lease: id, WorkReport())),
      ])
  }

  @Test("Given a computation, on a cancellation: it is stopped, and then the lease is returned")
  func cancelled() {
    var worker = GivenWorker.computing()
    #expect(worker.on(.cancel(lease: id)) == [.cancelWork(id)])
    #expect(worker.on(GivenWorker.computed(1)) == [])
    #expect(worker.on(.workStopped(id)) == [returned("cancelled")])
  }

  @Test("Given a gradient that waits for credit, on a cancellation: the lease is returned at once")
  func cancelledPush() {
    var worker = GivenWorker.computing()
    _ = worker.on(GivenWorker.computed(1))
    _ = worker.on(GivenWorker.computed(0))
    _ = worker.on(.workDone(id, WorkReport()))
    #expect(worker.on(.cancel(lease: id)) == [returned("cancelled")])
    #expect(worker.on(.lease(GivenWorker.lease)) == [.start(GivenWorker.lease)])
  }

  @Test("Given a computation, when the connection is lost: it is stopped before the next greeting")
  func abandoned() {
    var worker = GivenWorker.computing()
    #expect(worker.on(.disconnected) == [.cancelWork(id)])
    #expect(worker.on(.connected) == [])
    #expect(worker.on(.workStopped(id)) == [whole])
  }

  @Test("Given a whole replica, on a published step: its chunks are asked for from what is there")
  func published() {
    var worker = GivenWorker.idle()
    let requests = [0, 1].map { ChunkRequest(chunk: ChunkIndex($0), have: Step(0)) }
    #expect(
      worker.on(.published(step: Step(1), digest: Digest(of: "1")))
        == [say(.requestChunks(requests))])
  }

  @Test("Given a replica chunk that cannot be taken: it is asked for whole, and once only")
  func refusedChunk() {
    var worker = GivenWorker.idle()
    _ = worker.on(.published(step: Step(1), digest: Digest(of: "1")))
    let refused = WorkerEvent.replicaChunkRefused(ChunkIndex(0), reason: "it is damaged")
    #expect(
      worker.on(refused)
        == [say(.requestChunks([ChunkRequest(chunk: ChunkIndex(0), have: nil)]))])
    let what = "replica chunk 0 of step 1 cannot be taken, twice"
    #expect(
      worker.on(refused) == [
        say(.goodbye(reason: what)), .end(WorkerEnding(.failed, reason: what + ": it is damaged")),
      ])
  }

  @Test("Given a member, on a refusal: what it does follows from the kind, whatever the words")
  func refused() {
    for kind in RefusalKind.allCases {
      var worker = GivenWorker.idle()
      let expected =
        kind == .greetAnew
        ? [whole]
        : [
          .end(WorkerEnding(.refused, reason: "the coordinator refused this worker: so it is"))
        ]
      #expect(worker.on(.refuse(kind, reason: "so it is")) == expected, "\(kind)")
    }
  }

  @Test("Given a computation, on a request to stop: the lease is returned, a goodbye, the end")
  func asked() {
    var worker = GivenWorker.computing()
    #expect(
      worker.on(.stopRequested) == [
        .cancelWork(id), returned("it was asked to stop"),
        say(.goodbye(reason: "it was asked to stop")),
        .end(WorkerEnding(.asked, reason: "stopped on request")),
      ])
  }

  @Test("Given a shard that cannot be read: the worker goes on with its others, or ends")
  func unreadable() {
    let event = WorkerEvent.shardUnreadable(id, reason: "bad sector")
    var rich = GivenWorker.computing(shards: [0, 3])
    #expect(rich.on(event) == [returned("bad sector", givesUpShard: true)])
    #expect(
      rich.on(.disconnected) + rich.on(.connected) == [
        GivenWorker.hello(
          shards: [3], replica: Step(0), digest: GivenWorker.digest, run: "run")
      ])
    var poor = GivenWorker.computing()
    #expect(
      poor.on(event) == [
        returned("bad sector", givesUpShard: true),
        say(.goodbye(reason: "none of its shards can be read")),
        .end(
          WorkerEnding(
            .failed, reason: "none of this worker's shards can be read; the last: bad sector")),
      ])
  }

  @Test("Given a run that ends, on its word: the worker's end, by the kind of the run's")
  func stopped() {
    let endings: [(StopKind, WorkerEnding.Kind)] = [
      (.finished, .runFinished), (.interrupted, .coordinatorStopped), (.error, .coordinatorFailed),
      (.diverged, .runDiverged),
    ]
    for (kind, ending) in endings {
      var worker = GivenWorker.idle()
      let orders = worker.on(.stop(reason: "so it is", kind: kind))
      guard case .end(let found)? = orders.first else {
        Issue.record("\(kind): \(orders)")
        continue
      }
      #expect(found.kind == ending && orders.count == 1)
    }
  }

  @Test("Given a coordinator that was stopped: who outlives stops greets the next one")
  func outlivedStop() {
    var worker = GivenWorker.idle { $0.outlivesStops = true }
    #expect(worker.on(.stop(reason: "stopped on request", kind: .interrupted)) == [whole])
    #expect(worker.on(.disconnected).isEmpty)
    #expect(worker.on(.connected) == [whole])
    #expect(worker.on(.welcome(WorkerID(9), GivenWorker.welcome)).isEmpty == false)
    var forgotten = GivenWorker.idle { $0.outlivesStops = true }
    _ = forgotten.on(.stop(reason: "stopped on request", kind: .interrupted))
    _ = forgotten.on(.disconnected)
    #expect(
      forgotten.after(.seconds(61)) == [
        .end(
          WorkerEnding(
            .coordinatorStopped,
            reason: "the coordinator has ended: stopped on request; it did not come back within "
              + "60 s"))
      ])
  }

  @Test("Given a time to leave: no lease that would not be done by then, and nothing after it")
  func stay() {
    let end = Instant(nanoseconds: 0) + .seconds(100)
    let goodbye = say(.goodbye(reason: "its time is over"))
    let ended = WorkerCommand.end(
      WorkerEnding(.asked, reason: "the time that this worker was given is over"))
    var worker = GivenWorker.idle { $0.leavesAt = end }
    #expect(worker.on(.lease(GivenWorker.lease)) == [.start(GivenWorker.lease)])
    _ = worker.after(.seconds(60))
    _ = worker.on(.credit(lease: id, chunks: 2))
    for chunk: UInt32 in [0, 1] { _ = worker.on(GivenWorker.computed(chunk)) }
    #expect(!worker.on(.workDone(id, WorkReport())).isEmpty)
    // It took 60 s, and 40 are left.
    #expect(
      worker.on(.lease(GivenWorker.lease)) == [
        returned("it would not be done in this worker's time"), goodbye, ended,
      ])
    var slow = GivenWorker.computing { $0.leavesAt = end }
    _ = slow.after(.seconds(99))
    #expect(
      slow.after(.seconds(1)) == [.cancelWork(id), returned("its time is over"), goodbye, ended])
    var lonely = GivenWorker { $0.leavesAt = Instant(nanoseconds: 0) + .seconds(30) }
    #expect(lonely.after(.seconds(29)).isEmpty)
    #expect(lonely.after(.seconds(1)) == [goodbye, ended])
  }
}
