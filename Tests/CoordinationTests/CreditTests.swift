// How much of their gradients workers may send, and what is asked for again when something is lost.

import Basics
import Coordination
import Testing
import Wire

@Suite("Credit") struct CreditTests {
  private let one = WorkerID(1)
  private let two = WorkerID(2)
  private let three = WorkerID(3)

  @Test(
    "Who takes a microbatch over is told what is held, and gets no credit beyond the buffer's room")
  func takeover() {
    var coordinator = ScriptedCoordinator(bufferBytes: 20)
    coordinator.join(one)
    coordinator.join(two)
    #expect(coordinator.lease(of: two)?.microbatch == 1)
    coordinator.push(2, two)
    coordinator.push(1, two)
    #expect(coordinator.heldBytes == 16)
    #expect(coordinator.credit(of: two) == 2)
    coordinator.tell(.disconnected(two))
    for successor in [three, WorkerID(4), WorkerID(5)] {
      coordinator.join(successor)
      #expect(coordinator.lease(of: successor)?.microbatch == 1)
      #expect(coordinator.lease(of: successor)?.held == ChunkSet(bytes: [0b110]))
      #expect(coordinator.credit(of: successor) == 0)
      coordinator.tell(.disconnected(successor))
    }
  }

  @Test("Promises count as if they were kept: three workers share room for two chunks")
  func promises() {
    var coordinator = ScriptedCoordinator(bufferBytes: 16)
    coordinator.join(one)
    coordinator.join(two)
    coordinator.join(three)
    #expect([one, two, three].map { coordinator.credit(of: $0) } == [2, 2, 0])
    // What was promised to somebody who is gone goes to who is there.
    coordinator.tell(.disconnected(two))
    #expect(coordinator.credit(of: three) == 2)
  }

  @Test("Without room for a chunk, the microbatch whose turn it is moves, and then the next")
  func turn() {
    var coordinator = ScriptedCoordinator(bufferBytes: 7)
    coordinator.join(one)
    coordinator.join(two)
    #expect([one, two].map { coordinator.credit(of: $0) } == [2, 0])
    for chunk in 0..<ScriptedCoordinator.chunks { coordinator.push(chunk, one) }
    #expect([one, two].map { coordinator.credit(of: $0) } == [3, 2])
    #expect(coordinator.heldBytes == 0)
  }

  @Test("A worker that waits for room drops its microbatch for the one that would make it")
  func makesWay() {
    var coordinator = ScriptedCoordinator(bufferBytes: 7)
    coordinator.join(one)
    coordinator.join(two)
    let waiting = coordinator.lease(of: two)!
    coordinator.tell(.disconnected(one))
    #expect(coordinator.told[two]!.contains(.cancel(lease: waiting.id)))
    coordinator.say(
      .leaseReturned(lease: waiting.id, reason: "cancelled", givesUpShard: false), two)
    #expect(coordinator.lease(of: two)?.microbatch == 0)
    #expect(coordinator.credit(of: two) == 2)
  }

  @Test("Of two at one microbatch, the second can send on when the first has sent all and is gone")
  func rival() {
    var coordinator = ScriptedCoordinator(bufferBytes: 24)
    coordinator.join(one)
    coordinator.join(two)
    coordinator.pass(.seconds(61))
    coordinator.join(three)
    #expect(coordinator.lease(of: three)?.microbatch == 0)
    for chunk in 0..<ScriptedCoordinator.chunks { coordinator.push(chunk, one) }
    coordinator.tell(.disconnected(one))
    for chunk in 0..<ScriptedCoordinator.chunks { coordinator.push(chunk, three) }
    coordinator.report(three)
    #expect(coordinator.lease(of: three)?.microbatch != 0)
    #expect(coordinator.additions.count == ScriptedCoordinator.chunks)
  }

  @Test("Who sends more than its credit, or a chunk that is too large, is refused")
  func greedy() {
    for isLarge in [false, true] {
      var coordinator = ScriptedCoordinator(bufferBytes: 16)
      coordinator.join(one)
      coordinator.join(two)
      coordinator.push(2, two, bytes: isLarge ? 9 : 8)
      if !isLarge {
        coordinator.push(1, two)
        coordinator.push(0, two)
      }
      let reason =
        isLarge
        ? "it sent a chunk of 9 bytes, and 8 are the most"
        : "it sent more of lease \(coordinator.lease(of: two)!.id) than it was allowed"
      #expect(coordinator.told[two]!.last == .refuse(.misconduct, reason: reason))
      #expect(coordinator.heldBytes <= 16)
    }
  }

  @Test("A lost report is asked for alone, and no chunk again")
  func lostReport() {
    var coordinator = ScriptedCoordinator(bufferBytes: 16)
    coordinator.join(one)
    for chunk in 0..<ScriptedCoordinator.chunks { coordinator.push(chunk, one) }
    coordinator.tell(.disconnected(one))
    coordinator.join(one)
    let lease = coordinator.lease(of: one)!
    #expect(lease.microbatch == 0)
    #expect(lease.held == ChunkSet(bytes: [0b111]))
    #expect(lease.credit == 0)
    coordinator.report(one)
    #expect(coordinator.lease(of: one)?.microbatch == 1)
    #expect(coordinator.additions.count == ScriptedCoordinator.chunks)
  }

  @Test("A chunk that turns out damaged when its turn comes is asked for alone")
  func damaged() {
    var coordinator = ScriptedCoordinator(bufferBytes: 100)
    coordinator.damaged = (chunk: 1, microbatch: 1)
    coordinator.join(one)
    coordinator.join(two)
    for chunk in 0..<ScriptedCoordinator.chunks { coordinator.push(chunk, two) }
    coordinator.report(two)
    for chunk in 0..<ScriptedCoordinator.chunks { coordinator.push(chunk, one) }
    coordinator.report(one)
    #expect(coordinator.lease(of: one)?.microbatch == 1)
    #expect(coordinator.lease(of: one)?.held == ChunkSet(bytes: [0b101]))
    #expect(coordinator.credit(of: one) == 1)
  }
}

@Suite("Reports that were lost") struct LostReportTests {
  private let start = Instant(nanoseconds: 0)
  private let digest = Digest(of: [Digest(of: "0")])

  /// A worker with a replica of one chunk, at step 0, in its second session after a report that may
  /// not have arrived.
  /// - Parameter loss: what it reported.
  private func reconnected(after lease: Lease, loss: Double = 3) -> WorkerCore {
    let report = report(loss)
    var worker = WorkerCore(
      settings: WorkerSettings(
        name: "w", processNonce: 1, datasetDigest: Digest(of: "data"), heldShards: [ShardID(0)],
        threads: 1, arithmetic: Arithmetic.version, coordinatorTimeout: .seconds(60)),
      now: start)
    let welcome = Welcome(
      runIdentity: "run", configurationYAML: "", parameterCount: 10, step: Step(0), digest: digest,
      heartbeatInterval: .seconds(1), heartbeatTimeout: .seconds(10), window: 2)
    _ = worker.handle(.connected, at: start)
    _ = hear(.welcome(WorkerID(1), welcome), 1, 0, &worker)
    _ = worker.handle(.prepared, at: start)
    _ = worker.handle(
      .replicaChunkApplied(ChunkIndex(0), Step(0), digest: Digest(of: "0")), at: start)
    _ = hear(.lease(lease), 1, 1, &worker)
    if lease.kind == .train {
      _ = worker.handle(.gradientChunk(lease.id, ChunkIndex(0), payload: [1]), at: start)
    }
    let said = messages(worker.handle(.workDone(lease.id, report), at: start))
    #expect(said.count == 1)
    // A loss that is not a number equals nothing.
    if loss == loss { #expect(said == [.leaseDone(lease: lease.id, report)]) }
    _ = worker.handle(.disconnected, at: start)
    _ = worker.handle(.connected, at: start)
    #expect(
      messages(hear(.welcome(WorkerID(2), welcome), 2, 0, &worker)) == [.synced(Step(0))])
    return worker
  }

  private func report(_ loss: Double = 3) -> WorkReport {
    var report = WorkReport()
    report.sums.weighted = loss
    return report
  }

  private func lease(_ kind: LeaseKind, _ id: UInt32, held: [UInt8] = []) -> Lease {
    Lease(
      id: LeaseID(id), step: Step(0), kind: kind, microbatch: 5, shard: ShardID(0), bounds: .paper,
      held: ChunkSet(bytes: held), credit: 1)
  }

  private func hear(
    _ message: CoordinatorMessage, _ session: UInt32, _ sequence: UInt64, _ worker: inout WorkerCore
  ) -> [WorkerCommand] {
    let stamp = SessionStamp(session: session, sequence: sequence)
    return worker.handle(.message(Stamped(stamp: stamp, message: message)), at: start)
  }

  private func messages(_ commands: [WorkerCommand]) -> [WorkerMessage] {
    commands.compactMap { if case .send(let message) = $0 { message.message } else { nil } }
  }

  private func starts(_ commands: [WorkerCommand]) -> Bool {
    commands.contains { if case .start = $0 { true } else { false } }
  }

  @Test("A worker that still has the report answers at once", arguments: LeaseKind.allCases)
  func answered(kind: LeaseKind) {
    var worker = reconnected(after: lease(kind, 1))
    let commands = hear(
      .lease(lease(kind, 2, held: kind == .train ? [1] : [])), 2, 1, &worker)
    #expect(!starts(commands))
    #expect(messages(commands) == [.leaseDone(lease: LeaseID(2), report())])
  }

  @Test("A report that is not finite is computed again: else it would be its own second opinion")
  func notFinite() {
    for loss in [Double.infinity, .nan] {
      for kind in LeaseKind.allCases {
        var worker = reconnected(after: lease(kind, 1), loss: loss)
        let asked = lease(kind, 2, held: kind == .train ? [1] : [])
        let commands = hear(.lease(asked), 2, 1, &worker)
        #expect(starts(commands) && messages(commands).isEmpty, "\(kind), loss \(loss)")
      }
    }
  }

  @Test("Other work, or a chunk that is missing, is computed")
  func computed() {
    var other = lease(.train, 2, held: [1])
    other.microbatch = 6
    for asked in [other, lease(.train, 2), lease(.evaluate, 2)] {
      var worker = reconnected(after: lease(.train, 1))
      let commands = hear(.lease(asked), 2, 1, &worker)
      #expect(starts(commands))
      #expect(messages(commands).isEmpty)
    }
  }

  @Test("Who is asked again in the same session has been heard, and computes again")
  func again() {
    var worker = reconnected(after: lease(.evaluate, 1))
    _ = hear(.lease(lease(.evaluate, 2)), 2, 1, &worker)
    _ = hear(.lease(lease(.train, 3)), 2, 2, &worker)
    _ = worker.handle(.gradientChunk(LeaseID(3), ChunkIndex(0), payload: [1]), at: start)
    _ = worker.handle(.workDone(LeaseID(3), report()), at: start)
    #expect(starts(hear(.lease(lease(.train, 4, held: [1])), 2, 3, &worker)))
  }
}
