// Hostile frames in the midst of runs: what the decoders let pass reaches live cores.

import Basics
import Coordination
import TestSupport
import Testing
import Wire

@Suite("Hostile frames at the cores", .serialized) struct HostileFrameTests {
  private static let steps = 12

  /// Keeps 16 connections of strangers and of members that hold no shard busy while two workers do
  /// the run. Members with shards are left out: what they say of a gradient is believed. So are
  /// greetings in an honest worker's name, which put it out, since a greeting is all that a
  /// coordinator knows it by.
  @Test(
    "Whatever comes to the coordinator, nothing traps and the run has an undisturbed one's bits"
  )
  func coordinator() {
    var fuzzer = FrameFuzzer(seed: FuzzPlan.seed, stream: 1)
    for frames in Self.greetingsWithoutShards() { fuzzer.learn(frames) }
    var growth = MemoryGrowth(frames: FuzzPlan.frames)
    var (sent, heard, round) = (0, 0, UInt64(0))
    while sent < FuzzPlan.frames {
      var cluster = SimulatedCluster(seed: round, steps: Self.steps)
      var (sessions, sequences): ([WorkerID: UInt32], [WorkerID: UInt64]) = ([:], [:])
      cluster.startWorker()
      cluster.startWorker()
      cluster.run { cluster, _ in
        for id in cluster.workers.keys.sorted() {
          guard let message = cluster.workers[id]!.outbox.last else { continue }
          if let frames = try? message.frames() { fuzzer.learn(frames) }
        }
        for _ in 0..<8 {
          let frames = fuzzer.next()
          sent += frames.count
          let stranger = WorkerID(1000 + UInt32(fuzzer.random.index(below: 16)))
          if fuzzer.random.index(below: 100) == 0 {
            cluster.tellCoordinator(.disconnected(stranger))
          }
          guard var message = try? Stamped<WorkerMessage>(frames: frames),
            Self.isOfStranger(message.message)
          else { continue }
          if case .hello = message.message {
            sessions[stranger] = message.stamp.session
            sequences[stranger] = 0
          } else if let session = sessions[stranger], fuzzer.random.index(below: 4) > 0 {
            // Most come in the order that a member's must have.
            message.stamp = SessionStamp(
              session: session, sequence: sequences[stranger, default: 0])
            sequences[stranger, default: 0] += 1
          }
          heard += 1
          cluster.tellCoordinator(.message(message, from: stranger))
        }
        growth.note(framesSent: sent)
      }
      #expect(cluster.digests == CoordinationTests.referenceDigests, FuzzPlan.repetition)
      #expect(cluster.ending?.0 == .finished, FuzzPlan.repetition)
      round += 1
    }
    expect(growth, sent: sent, heard: heard, "the coordinator's core")
  }

  private static func greetingsWithoutShards() -> [[[UInt8]]] {
    (0..<4).flatMap { number -> [[[UInt8]]] in
      let settings = WorkerSettings(
        name: "stranger", processNonce: UInt64(1 << 40 + number), datasetDigest: Digest(of: "data"),
        heldShards: [], threads: 1, arithmetic: Arithmetic.version,
        coordinatorTimeout: .seconds(60))
      var core = WorkerCore(settings: settings, now: Instant(nanoseconds: 0))
      return core.handle(.connected, at: Instant(nanoseconds: 0)).compactMap {
        if case .send(let message) = $0 { try? message.frames() } else { nil }
      }
    }
  }

  private static func isOfStranger(_ message: WorkerMessage) -> Bool {
    guard case .hello(let hello) = message else { return true }
    return hello.heldShards.isEmpty && hello.processNonce > 1000
  }

  @Test("Whatever comes to workers and, through them, to a coordinator, nothing traps")
  func workers() {
    var fuzzer = FrameFuzzer(seed: FuzzPlan.seed, stream: 2)
    var growth = MemoryGrowth(frames: FuzzPlan.frames)
    var (sent, heard, round) = (0, 0, UInt64(0))
    while sent < FuzzPlan.frames {
      var cluster = SimulatedCluster(seed: round, steps: Self.steps)
      cluster.run(limit: 4000) { cluster, _ in
        while cluster.workers.values.count(where: { $0.ending == nil }) < 2 {
          cluster.startWorker()
        }
        for id in cluster.workers.keys.sorted() {
          let worker = cluster.workers[id]!
          if let message = worker.inbox.last, let frames = try? message.frames() {
            fuzzer.learn(frames)
          }
          for _ in 0..<2 where worker.ending == nil {
            let frames = fuzzer.next()
            sent += frames.count
            guard var message = try? Stamped<CoordinatorMessage>(frames: frames),
              isBearable(message.message, &fuzzer)
            else { continue }
            heard += 1
            // Half of them in the place of what the coordinator says next.
            if let next = worker.inbox.first, fuzzer.random.index(below: 2) == 0 {
              message.stamp = next.stamp
            }
            worker.inbox.insert(
              message, at: fuzzer.random.index(below: worker.inbox.count + 1))
          }
          // A few wait at a time, or the real ones would never be read.
          if worker.inbox.count > 20 { worker.inbox.removeFirst(10) }
        }
        growth.note(framesSent: sent)
      }
      round += 1
    }
    expect(growth, sent: sent, heard: heard, "the workers' cores")
  }

  /// Messages that end a worker would leave little to test, and the simulation prepares for one
  /// size of model.
  private func isBearable(_ message: CoordinatorMessage, _ fuzzer: inout FrameFuzzer) -> Bool {
    switch message {
    case .stop, .refuse:
      fuzzer.random.index(below: 50) == 0
    case .welcome(_, let welcome):
      welcome.parameterCount == UInt64(SimulatedCluster.settings(steps: 1).parameterCount)
    default:
      true
    }
  }

  /// The cores' own state is a few kilobytes; the bound leaves room for what the allocator keeps.
  private func expect(_ growth: MemoryGrowth, sent: Int, heard: Int, _ place: String) {
    print("fuzz: \(place): \(sent) hostile frames, \(heard) messages decoded; memory \(growth)")
    #expect(heard > sent / 20, FuzzPlan.repetition)
    #expect(growth.bytes ?? .max < 64 << 20, FuzzPlan.repetition)
  }
}
