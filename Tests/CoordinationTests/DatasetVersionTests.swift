// A dataset that has grown since a run began: workers that have both versions join.

import Basics
import Coordination
import Testing
import Wire

@Suite("Versions of a dataset") struct DatasetVersionTests {
  private static let old = DatasetVersion(
    digest: Digest(of: "old data"), heldShards: [ShardID(0), ShardID(3)])

  private func settings() -> WorkerSettings {
    var settings = WorkerSettings(
      name: "w", processNonce: 1, datasetDigest: Digest(of: "new data"), heldShards: [ShardID(7)],
      threads: 2, arithmetic: Arithmetic.version, coordinatorTimeout: .seconds(60))
    settings.earlierVersions = [Self.old]
    return settings
  }

  private func greeting(_ commands: [WorkerCommand]) -> WorkerHello? {
    commands.compactMap {
      if case .send(let stamped) = $0, case .hello(let hello) = stamped.message {
        hello
      } else {
        nil
      }
    }.first
  }

  @Test("A worker tells all its versions, and keeps to the one that the coordinator names")
  func worker() throws {
    let now = Instant(nanoseconds: 0)
    var core = WorkerCore(settings: settings(), now: now)
    let hello = try #require(greeting(core.handle(.connected, at: now)))
    #expect(hello.datasetDigest == Digest(of: "new data") && hello.earlierVersions == [Self.old])
    var welcome = GivenWorker.welcome
    welcome.datasetVersion = 1
    let stamp = SessionStamp(session: 1, sequence: 0)
    let orders = core.handle(
      .message(Stamped(stamp: stamp, message: .welcome(WorkerID(1), welcome))), at: now)
    #expect(orders == [.prepare(welcome)])
    #expect(core.datasetDigest == Self.old.digest)
    _ = core.handle(.prepared, at: now)
    _ = core.handle(.disconnected, at: now)
    let again = try #require(greeting(core.handle(.connected, at: now)))
    #expect(again.datasetDigest == Self.old.digest && again.heldShards == Self.old.heldShards)
    #expect(again.earlierVersions.isEmpty)
  }

  @Test("A worker to which a version is named that it has not leaves")
  func unknownVersion() {
    let now = Instant(nanoseconds: 0)
    var core = WorkerCore(settings: settings(), now: now)
    _ = core.handle(.connected, at: now)
    var welcome = GivenWorker.welcome
    welcome.datasetVersion = 2
    let stamp = SessionStamp(session: 1, sequence: 0)
    _ = core.handle(
      .message(Stamped(stamp: stamp, message: .welcome(WorkerID(1), welcome))), at: now)
    #expect(core.hasEnded)
  }

  @Test("A coordinator welcomes who has the run's version among others, with that one's shards")
  func coordinator() {
    var coordinator = GivenCoordinator()
    var hello = GivenCoordinator.hello(of: WorkerID(1))
    let known = DatasetVersion(digest: hello.datasetDigest, heldShards: hello.heldShards)
    hello.datasetDigest = Digest(of: "new data")
    hello.heldShards = []
    hello.earlierVersions = [Self.old, known]
    let orders = coordinator.on(WorkerID(1), .hello(hello))
    let places = orders.compactMap { order -> UInt32? in
      if case .send(let stamped, _) = order, case .welcome(_, let welcome) = stamped.message {
        return welcome.datasetVersion
      }
      return nil
    }
    #expect(places == [2])
    // It holds what the version holds: a lease of shard 0 follows.
    let leases = coordinator.on(WorkerID(1), .synced(Step(0))).compactMap { order -> ShardID? in
      if case .send(let stamped, _) = order, case .lease(let lease) = stamped.message {
        return lease.shard
      }
      return nil
    }
    #expect(leases == [ShardID(0)])
    hello.earlierVersions = [Self.old]
    let refused = coordinator.on(WorkerID(2), .hello(hello))
    #expect(
      refused.contains { order in
        if case .send(let stamped, _) = order, case .refuse(.unfit, _) = stamped.message {
          return true
        }
        return false
      })
  }
}
