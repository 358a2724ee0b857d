// Messages that are well formed and cannot be true: the worker is refused, the coordinator goes on.

import Basics
import Coordination
import Testing
import Wire

@Suite("Messages that cannot be true") struct ImpossibleMessageTests {
  @Test("A report that cannot be of this run gets its worker refused, and does not trap")
  func impossibleReport() {
    for (hidden, pairs, loss, measures) in [
      (Int.max, 4, 1.0, []), (10, 5, 1, []), (10, 4, .nan, []), (10, 4, 1, [1.0]),
    ] {
      var cluster = SimulatedCluster(seed: 9, steps: 12)
      let liar = cluster.startWorker()
      cluster.run(limit: 100_000) { cluster, _ in
        guard let worker = cluster.workers[liar] else { return }
        worker.outbox = worker.outbox.map { message in
          guard case .leaseDone(let lease, var report) = message.message else { return message }
          report.sums.hidden = hidden
          report.sums.pairs = pairs
          report.sums.weighted = loss
          report.sums.measures = measures
          return Stamped(stamp: message.stamp, message: .leaseDone(lease: lease, report))
        }
        if worker.ending != nil && cluster.workers.count == 1 { cluster.startWorker() }
      }
      #expect(cluster.workers[liar]!.ending?.kind == .refused)
      CoordinationTests().expectReference(cluster, seed: 9)
    }
  }

  @Test("A request from a step that is not there yet gets its worker refused, and does not trap")
  func impossibleRequest() {
    var cluster = SimulatedCluster(seed: 11, steps: 12)
    let liar = WorkerID(7)
    func say(_ message: WorkerMessage, _ sequence: UInt64) {
      let stamp = SessionStamp(session: 1, sequence: sequence)
      cluster.tellCoordinator(.message(Stamped(stamp: stamp, message: message), from: liar))
    }
    let hello = WorkerHello(
      workerName: "liar", processNonce: 7, datasetDigest: Digest(of: "data"), heldShards: [],
      threads: 1, arithmetic: Arithmetic.version)
    say(.hello(hello), 0)
    say(.requestChunks([ChunkRequest(chunk: ChunkIndex(0), have: Step(.max))]), 1)
    let reason = "it asked for chunk 0 of 3 from step 4294967295"
    #expect(cluster.events.map(\.kind) == [.joined, .refused])
    #expect(cluster.events.last?.detail.hasPrefix(reason) == true)
    // It stays refused, also under a new greeting.
    say(.hello(hello), 0)
    #expect(cluster.events.count == 2)
  }
}
