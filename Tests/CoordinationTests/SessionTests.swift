// Messages that a network loses, doubles and reorders. How whole runs bear it is the simulator's
// business.

import Basics
import Coordination
import Testing
import Wire

@Suite("Sessions") struct SessionTests {
  /// A coordinator with one member in session 1, which has said hello and nothing else.
  private func cluster() -> SimulatedCluster {
    var cluster = SimulatedCluster(seed: 12, steps: 12)
    say(.hello(hello), 1, 0, to: &cluster)
    return cluster
  }

  private let member = WorkerID(7)
  private let hello = WorkerHello(
    workerName: "w", processNonce: 7, datasetDigest: Digest(of: "data"),
    heldShards: [ShardID(0), ShardID(1), ShardID(2)], threads: 1,
    arithmetic: Arithmetic.version)

  private func say(
    _ message: WorkerMessage, _ session: UInt32, _ sequence: UInt64,
    to cluster: inout SimulatedCluster
  ) {
    let stamp = SessionStamp(session: session, sequence: sequence)
    cluster.tellCoordinator(.message(Stamped(stamp: stamp, message: message), from: member))
  }

  @Test("A message that comes twice counts once")
  func repeated() {
    var cluster = cluster()
    say(.synced(Step(0)), 1, 1, to: &cluster)
    say(.synced(Step(0)), 1, 1, to: &cluster)
    say(.hello(hello), 1, 0, to: &cluster)
    #expect(cluster.leases.count == 1)
    say(.goodbye(reason: "done"), 1, 2, to: &cluster)
    #expect(cluster.events.map(\.kind) == [.joined, .left])
    #expect(
      cluster.log.last
        == "coordinator: w is gone: it left: done; its lease goes to others (0 workers)")
  }

  @Test("A gap ends the session: the worker has to greet anew")
  func gap() {
    var cluster = cluster()
    say(.synced(Step(0)), 1, 2, to: &cluster)
    #expect(cluster.events.last?.detail == "messages of it were lost on the way")
    say(.hello(hello), 2, 0, to: &cluster)
    #expect(cluster.events.map(\.kind) == [.joined, .left, .joined])
  }

  @Test("What is left of an earlier session means nothing in a later one")
  func stale() {
    var cluster = cluster()
    say(.hello(hello), 2, 0, to: &cluster)
    say(.goodbye(reason: "old"), 1, 1, to: &cluster)
    say(.hello(hello), 1, 0, to: &cluster)
    #expect(cluster.events.map(\.kind) == [.joined, .joined])
  }
}
